/** Echo pods: each answers with its own stable name, on every node about as many. */
import * as pulumi from "@pulumi/pulumi";
import type { Backends, BackendsPlan } from "../platform.ts";
import type { Ground } from "./ground.ts";
import { restrictedContainer, restrictedPod } from "./objects.ts";

/** NGINX that answers at one path with the backend's name, and with the pod's in a header. */
export function echoConfig(name: string, { path, port }: Pick<BackendsPlan, "path" | "port">): string {
  return `pid /tmp/nginx.pid;
worker_processes auto;
error_log /dev/stderr warn;
events { worker_connections 16384; }
http {
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  server {
    listen ${port} backlog=4096;
    location ${path} { default_type text/plain; add_header X-Pod $hostname; return 200 "${name}\\n"; }
    location = /healthy { return 204; }
  }
}
`;
}

export class KubernetesBackends extends pulumi.ComponentResource implements Backends {
  readonly resource: pulumi.Resource;
  readonly plan: BackendsPlan;

  constructor(name: string, ground: Ground, plan: BackendsPlan, opts?: pulumi.ComponentResourceOptions) {
    super("cni-traffic-lab:kubernetes:Backends", name, {}, opts);
    this.plan = plan;
    const labels = ground.labels("backend");
    const config = ground.inside(
      `${name}-config`,
      {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: "echo", labels },
        data: Object.fromEntries(plan.pods.map((pod) => [`${pod}.conf`, echoConfig(pod, plan)])),
      },
      { parent: this },
    );
    const made = plan.pods.flatMap((pod) => {
      const own = ground.labels("backend", pod);
      return [
        ground.inside(`${name}-${pod}`, echoDeployment(pod, own, ground.image("nginx"), plan), {
          parent: this,
          dependsOn: [config],
        }),
        ground.inside(`${name}-${pod}-service`, echoService(pod, own, plan.port), { parent: this }),
      ];
    });
    this.resource = ground.wait(
      `${name}-ready`,
      "workloads",
      {
        workloads: plan.pods.map((pod) => ({ kind: "Deployment", namespace: ground.namespace, name: pod })),
        deadline_s: 240,
      },
      { parent: this, dependsOn: made },
    ).resource;
    this.registerOutputs({});
  }
}

/** Pure. No limits: it is on the data path. */
export function echoDeployment(
  name: string,
  labels: Readonly<Record<string, string>>,
  image: string,
  { path, port }: BackendsPlan,
) {
  const selector = { "cni-traffic-lab/name": name };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, labels },
    spec: {
      replicas: 1,
      strategy: { type: "Recreate" },
      selector: { matchLabels: selector },
      template: {
        // Another path or port is another configuration: the pod is made anew for it.
        metadata: { labels, annotations: { "cni-traffic-lab/listens": `${port}${path}` } },
        spec: {
          automountServiceAccountToken: false,
          securityContext: restrictedPod,
          terminationGracePeriodSeconds: 2,
          topologySpreadConstraints: [
            {
              maxSkew: 1,
              topologyKey: "kubernetes.io/hostname",
              whenUnsatisfiable: "ScheduleAnyway",
              labelSelector: { matchLabels: { "cni-traffic-lab/role": "backend" } },
            },
          ],
          containers: [
            {
              name: "echo",
              image,
              command: ["nginx", "-c", `/etc/echo/${name}.conf`, "-g", "daemon off;"],
              ports: [{ containerPort: port }],
              readinessProbe: { httpGet: { path: "/healthy", port }, periodSeconds: 1 },
              resources: { requests: { cpu: "10m", memory: "16Mi" } },
              securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true },
              volumeMounts: [
                { name: "config", mountPath: "/etc/echo", readOnly: true },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "config", configMap: { name: "echo" } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  };
}

export function echoService(name: string, labels: Readonly<Record<string, string>>, port: number) {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, labels },
    spec: { selector: { "cni-traffic-lab/name": name }, ports: [{ name: "http", port, targetPort: port }] },
  };
}
