/** Images that charts name themselves: where a mirror or a setting replaces them. Pure. */
import type { Sources } from "../platform.ts";

/** Images of charts by the name that the setting `images` gives them, with the path that a mirror keeps. */
export const chartImages = {
  cilium: "quay.io/cilium/cilium",
  "cilium-operator": "quay.io/cilium/operator-generic",
  "cilium-envoy": "quay.io/cilium/cilium-envoy",
  "antrea-agent": "docker.io/antrea/antrea-agent-ubuntu",
  "antrea-controller": "docker.io/antrea/antrea-controller-ubuntu",
  "nginx-gateway": "ghcr.io/nginx/nginx-gateway-fabric",
  "nginx-gateway-data": "ghcr.io/nginx/nginx-gateway-fabric/nginx",
  "envoy-gateway": "docker.io/envoyproxy/gateway",
  "envoy-proxy": "docker.io/envoyproxy/envoy",
  "metallb-controller": "quay.io/metallb/controller",
  "metallb-speaker": "quay.io/metallb/speaker",
  prometheus: "quay.io/prometheus/prometheus",
  "node-exporter": "quay.io/prometheus/node-exporter",
  grafana: "docker.io/grafana/grafana",
} as const satisfies Record<string, string>;

export type ChartImage = keyof typeof chartImages;

/** What stands in place of a chart's own image. */
export interface Replacement {
  /** The whole reference as the setting gives it; undefined when only the registry changes. */
  readonly reference?: string;
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** undefined: the chart's own image stands. */
export function replacement(
  name: ChartImage,
  { images, mirror }: Pick<Sources, "images" | "mirror">,
): Replacement | undefined {
  const given = images[name];
  if (given === undefined) {
    return mirror === "" ? undefined : { ...place(`${mirror}/${pathOf(chartImages[name])}`) };
  }
  const { repository, ...version } = imageParts(given);
  return { reference: given, ...place(repository), ...version };
}

/** The parts of a reference such as `registry/path:tag@sha256:…`. */
export function imageParts(reference: string): Pick<Replacement, "repository" | "tag" | "digest"> {
  const [, repository = "", tag, digest] = /^(.*?)(?::([\w.-]+))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(reference) ?? [];
  return {
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/**
 * For charts that put repository and tag together: a digest goes behind the tag.
 * @param own the chart's own tag, which stands where the setting gives a digest alone
 */
export function tagOf({ tag, digest }: Pick<Replacement, "tag" | "digest">, own: string): string | undefined {
  return digest === undefined ? tag : `${tag ?? own}@${digest}`;
}

/** `image.repository` and `image.tag` as most charts have them; nothing where the chart's own image stands. */
export function imageValues(name: ChartImage, sources: Pick<Sources, "images" | "mirror">, own: string): object {
  const other = replacement(name, sources);
  if (other === undefined) return {};
  const tag = tagOf(other, own);
  return { image: { repository: other.repository, ...(tag === undefined ? {} : { tag }) } };
}

const pathOf = (image: string): string => image.slice(image.indexOf("/") + 1);
const place = (image: string) => ({ registry: image.slice(0, image.indexOf("/")), repository: image });
