/**
 * Every image, chart and CRD bundle that a lab on a cluster pulls, with its version: the one table. The README's table is made
 * from it. Settings replace any image (`images`), move all of them to a mirror (`imagesMirror`) and take charts from a folder.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ClusterPlan, Sources } from "../platform.ts";

export interface ImageVersion {
  /** With its registry, so that a mirror can keep the path. */
  readonly repository: string;
  readonly tag: string;
  /** Given where the tag alone may change its content. */
  readonly digest?: string;
  readonly purpose: string;
}

/** Images of this project's own pods and containers; those of charts follow from the charts' versions. */
export const images = {
  iperf3: {
    repository: "docker.io/networkstatic/iperf3",
    tag: "latest",
    digest: "sha256:07dcca91c0e47d82d83d91de8c3d46b840eef4180499456b4fa8d6dadb46b6c8",
    purpose: "load of egress, external server",
  },
  k6: { repository: "docker.io/grafana/k6", tag: "2.2.0", purpose: "load of ingress" },
  node: { repository: "docker.io/library/node", tag: "24-alpine", purpose: "load agent, address service" },
  nginx: {
    repository: "docker.io/nginxinc/nginx-unprivileged",
    tag: "1.29-alpine",
    purpose: "echo pods, results store",
  },
  "kind-node": {
    repository: "docker.io/kindest/node",
    tag: "v1.36.4",
    digest: "sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed",
    purpose: "nodes of kind",
  },
} as const satisfies Record<string, ImageVersion>;

export type ImageName = keyof typeof images;

export interface ChartVersion {
  readonly chart: string;
  readonly version: string;
  /** Helm repository; absent for OCI charts, whose name holds it. */
  readonly repository?: string;
  readonly purpose: string;
}

export const charts = {
  cilium: {
    chart: "cilium",
    version: "1.20.2",
    repository: "https://helm.cilium.io",
    purpose: "CNI cilium",
  },
  antrea: { chart: "antrea", version: "2.7.0", repository: "https://charts.antrea.io", purpose: "CNI antrea" },
  metallb: {
    chart: "metallb",
    version: "0.16.2",
    repository: "https://metallb.github.io/metallb",
    purpose: "LoadBalancer addresses on kind",
  },
  nginx: {
    chart: "oci://ghcr.io/nginx/charts/nginx-gateway-fabric",
    version: "2.7.2",
    purpose: "gateway nginx",
  },
  envoy: { chart: "oci://docker.io/envoyproxy/gateway-helm", version: "1.9.1", purpose: "gateway envoy" },
  prometheus: {
    chart: "prometheus",
    version: "29.27.0",
    repository: "https://prometheus-community.github.io/helm-charts",
    purpose: "monitoring",
  },
  grafana: {
    chart: "grafana",
    version: "10.5.15",
    repository: "https://grafana.github.io/helm-charts",
    purpose: "grafana",
  },
} as const satisfies Record<string, ChartVersion>;

export type ChartName = keyof typeof charts;

/**
 * Kubernetes version of the pinned kind node image, and the oldest kind that can start it and every image from `firstKubernetes` on,
 * which kubeadm's configuration v1beta4 is needed for.
 */
export const kindNode = { kubernetes: "1.36.4", oldestKind: "0.32.0", firstKubernetes: "1.36" } as const;

/**
 * Gateway API's CRDs by who asks for them: NGINX Gateway Fabric 2.7, Envoy Gateway 1.9 and Cilium 1.20 are made for v1.6.1, Cilium
 * 1.19 for v1.4.1. One bundle for each cluster: a newer one's admission policy refuses an older one later.
 */
export function gatewayApiVersion({ cni, gateway }: Pick<ClusterPlan, "cni" | "gateway">): string | null {
  if (gateway === null || gateway === "direct") return null;
  const cilium = cni.version === "" ? charts.cilium.version : cni.version;
  return gateway === "cilium" && /^1\.(1[0-9])\./.test(cilium) ? "1.4.1" : "1.6.1";
}

/** Release file of the CRDs' standard channel. */
export const gatewayApiUrl = (version: string): string =>
  `https://github.com/kubernetes-sigs/gateway-api/releases/download/v${version}/standard-install.yaml`;

/** The release's address, or the file beside the charts where there is a folder of them. */
export function gatewayApiFile(version: string, folder: string): string {
  if (folder === "") return gatewayApiUrl(version);
  const file = join(folder, `gateway-api-${version}.yaml`);
  if (existsSync(file)) return file;
  throw new Error(
    `charts.folder: ${folder} has no gateway-api-${version}.yaml. Put the release's standard-install.yaml there under that name, or leave charts.folder out.`,
  );
}

/** Reference of an image, as pods and containers name it: another one by setting, else the pinned one, from the mirror if there is one. */
export function imageReference(name: ImageName, { images: other, mirror }: Pick<Sources, "images" | "mirror">): string {
  const given = other[name];
  if (given !== undefined) return given;
  const { repository, tag, digest }: ImageVersion = images[name];
  const place = mirror === "" ? repository : `${mirror}/${repository.slice(repository.indexOf("/") + 1)}`;
  return `${place}:${tag}${digest === undefined ? "" : `@${digest}`}`;
}

/** What Helm is told about a chart: from its repository, or from the folder of charts. */
export interface ChartSource {
  readonly chart: string;
  readonly version?: string;
  readonly repositoryOpts?: { readonly repo: string };
}

/**
 * A chart by name.
 * @param version another one than the pinned; empty for the pinned
 * @throws Error when there is a folder of charts and this one is not in it
 */
export function chartSource(name: ChartName, folder: string, version = ""): ChartSource {
  const pinned: ChartVersion = charts[name];
  const wanted = version === "" ? pinned.version : version;
  if (folder !== "") return { chart: chartIn(folder, pinned.chart.replace(/^.*\//, ""), wanted) };
  return {
    chart: pinned.chart,
    version: wanted,
    ...(pinned.repository === undefined ? {} : { repositoryOpts: { repo: pinned.repository } }),
  };
}

function chartIn(folder: string, chart: string, version: string): string {
  const found = [`${chart}-${version}.tgz`, chart].map((name) => join(folder, name)).find((path) => existsSync(path));
  if (found !== undefined) return found;
  throw new Error(
    `charts.folder: ${folder} has neither ${chart}-${version}.tgz nor ${chart}/. Put the chart there, or leave charts.folder out.`,
  );
}
