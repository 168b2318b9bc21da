/** Where the raw files of runs stay until they are collected: a small web server that takes PUTs, reached through the API server. */
import * as pulumi from "@pulumi/pulumi";
import type { Ground } from "./ground.ts";
import { restrictedContainer, restrictedPod, type Manifest } from "./objects.ts";
import type { Store } from "./tasks/job.ts";

export const storePort = 8080;

/** NGINX with WebDAV's PUT, as any user on a read-only root. */
export const storeConfig = `pid /tmp/nginx.pid;
worker_processes 1;
error_log /dev/stderr warn;
events {}
http {
  access_log off;
  client_max_body_size 0;
  client_body_temp_path /data/.incoming;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen ${storePort};
    root /data/runs;
    location / {
      dav_methods PUT DELETE;
      create_full_put_path on;
      autoindex on;
      autoindex_format json;
    }
    location = /healthy { return 204; }
  }
}
`;

export class ResultsStore extends pulumi.ComponentResource {
  readonly resource: pulumi.Resource;
  readonly store: Store;

  constructor(name: string, ground: Ground, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:ResultsStore", name, {}, opts);
    const labels = ground.labels("store", "results");
    this.store = { namespace: ground.namespace, service: "results", port: storePort };
    const on = { parent: this };
    const config = ground.inside(
      `${name}-config`,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "results", labels },
        data: { "nginx.conf": storeConfig },
      },
      on,
    );
    const deployment = ground.inside(`${name}-pod`, storeDeployment(labels, ground.image("nginx")), {
      parent: this,
      dependsOn: [config],
    });
    ground.inside(`${name}-service`, storeService(labels), on);
    ground.inside(`${name}-policy`, storePolicy(labels, ground.plan), on);
    this.resource = ground.wait(
      `${name}-ready`,
      "workloads",
      { workloads: [{ kind: "Deployment", namespace: ground.namespace, name: "results" }], deadline_s: 180 },
      { parent: this, dependsOn: [deployment] },
    ).resource;
    this.registerOutputs({ store: this.store });
  }
}

const selector = { "cni-traffic-lab/name": "results" };

/** Pure. The files live as long as the pod: collect brings them out. */
export function storeDeployment(labels: Readonly<Record<string, string>>, image: string) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "results", labels },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: selector },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 2,
          // Not beside the load where there is another place.
          affinity: {
            podAntiAffinity: {
              preferredDuringSchedulingIgnoredDuringExecution: [
                {
                  weight: 100,
                  podAffinityTerm: {
                    topologyKey: "kubernetes.io/hostname",
                    labelSelector: { matchLabels: { "cni-traffic-lab/role": "client" } },
                  },
                },
              ],
            },
          },
          containers: [
            {
              name: "store",
              image,
              command: [
                "sh",
                "-c",
                "mkdir -p /data/runs /data/.incoming && exec nginx -c /etc/store/nginx.conf -g 'daemon off;'",
              ],
              ports: [{ containerPort: storePort }],
              readinessProbe: { httpGet: { path: "/healthy", port: storePort }, periodSeconds: 1 },
              resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
              securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true },
              volumeMounts: [
                { name: "config", mountPath: "/etc/store", readOnly: true },
                { name: "data", mountPath: "/data" },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "config", configMap: { name: "results" } },
            { name: "data", emptyDir: {} },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

export function storeService(labels: Readonly<Record<string, string>>) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "results", labels },
    spec: { selector, ports: [{ name: "http", port: storePort, targetPort: storePort }] },
  };
}

/**
 * Agents of managed clusters (AKS, GKE), whose API server stands elsewhere and reaches pods through them; the label differs by provider.
 * They may also stand on a node's own network, and are then known as that node.
 */
const apiAgents = ["app", "k8s-app"].map((key) => ({ [key]: "konnectivity-agent" }));
const agentsNamespace = "kube-system";

/**
 * Only the lab's load pods put files there, and the API server, which `collect` goes through. Its requests come from a node, with
 * the node's address or, with Antrea, that of its gateway among the pods', or from an agent. Only the CNIs' own policies know nodes by
 * what they are.
 */
export function storePolicy(
  labels: Readonly<Record<string, string>>,
  { cni, kind }: { readonly cni: { readonly name: "cilium" | "antrea" }; readonly kind: { readonly kind: string } },
): Manifest {
  const client = { matchLabels: { "cni-traffic-lab/role": "client" } };
  const metadata = { name: "results", labels };
  const agents = kind.kind === "kind" ? [] : apiAgents;
  switch (cni.name) {
    case "cilium": {
      const toPorts = [{ ports: [{ port: String(storePort), protocol: "TCP" }] }];
      const place = { "k8s:io.kubernetes.pod.namespace": agentsNamespace };
      return {
        apiVersion: "cilium.io/v2",
        kind: "CiliumNetworkPolicy",
        metadata,
        spec: {
          endpointSelector: { matchLabels: selector },
          ingress: [
            { fromEndpoints: [client], toPorts },
            { fromEntities: ["kube-apiserver", "host", "remote-node"] },
            ...(agents.length === 0
              ? []
              : [{ fromEndpoints: agents.map((own) => ({ matchLabels: { ...place, ...own } })), toPorts }]),
          ],
        },
      };
    }
    case "antrea": {
      const ports = [{ protocol: "TCP", port: storePort }];
      const place = { matchLabels: { "kubernetes.io/metadata.name": agentsNamespace } };
      return {
        apiVersion: "crd.antrea.io/v1beta1",
        kind: "NetworkPolicy",
        metadata,
        spec: {
          priority: 5,
          appliedTo: [{ podSelector: { matchLabels: selector } }],
          ingress: [
            { name: "load", action: "Allow", from: [{ podSelector: client }], ports },
            {
              name: "api-server",
              action: "Allow",
              from: [
                { nodeSelector: { matchLabels: { "kubernetes.io/os": "linux" } } },
                ...agents.map((own) => ({ namespaceSelector: place, podSelector: { matchLabels: own } })),
              ],
              ports,
            },
            { name: "others", action: "Drop" },
          ],
        },
      };
    }
  }
}
