/** Who gives services of type LoadBalancer an address: MetalLB, Cilium's own pool, or the cloud. Manifests are pure. */
import * as pulumi from "@pulumi/pulumi";
import { imageValues } from "./chartImages.ts";
import { installsCrds } from "./clusters/cluster.ts";
import type { ClusterPlan } from "../platform.ts";
import type { Ground, On } from "./ground.ts";
import { podSecurity, type Manifest } from "./objects.ts";
import { charts } from "./versions.ts";

/** MetalLB on layer 2 alone. Nodes that load balancers usually leave out may announce: the gateway may stand on the control plane. */
export function metallbValues({ sources, kind }: Pick<ClusterPlan, "sources" | "kind">): object {
  const own = `v${charts.metallb.version}`;
  return {
    crds: { enabled: installsCrds(kind) },
    frrk8s: { enabled: false },
    controller: imageValues("metallb-controller", sources, own),
    speaker: { frr: { enabled: false }, ignoreExcludeLB: true, ...imageValues("metallb-speaker", sources, own) },
  };
}

export const metallbPool = (
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
  range: string,
): Manifest => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "IPAddressPool",
  metadata: { name, namespace, labels },
  spec: { addresses: [range] },
});

export const metallbAdvertisement = (
  name: string,
  namespace: string,
  labels: Readonly<Record<string, string>>,
): Manifest => ({
  apiVersion: "metallb.io/v1beta1",
  kind: "L2Advertisement",
  metadata: { name, namespace, labels },
  spec: { ipAddressPools: [name] },
});

export const ciliumPool = (name: string, labels: Readonly<Record<string, string>>, range: string): Manifest => {
  const [start = "", stop] = range.split("-");
  return {
    apiVersion: "cilium.io/v2",
    kind: "CiliumLoadBalancerIPPool",
    metadata: { name, labels },
    spec: { blocks: [stop === undefined ? { cidr: range } : { start, stop }] },
  };
};

/** Answers ARP on the nodes' first interface. */
export const ciliumAnnouncement = (name: string, labels: Readonly<Record<string, string>>): Manifest => ({
  apiVersion: "cilium.io/v2alpha1",
  kind: "CiliumL2AnnouncementPolicy",
  metadata: { name, labels },
  spec: { loadBalancerIPs: true, externalIPs: false, interfaces: ["^eth0$"] },
});

/** Makes what the plan asks for; gives what a service of type LoadBalancer must wait for. */
export function makeLoadBalancer(ground: Ground, on: On): pulumi.Resource[] {
  const { loadBalancer } = ground.plan;
  const labels = ground.labels("gateway", "addresses");
  const range =
    loadBalancer.range === "" ? pulumi.output(ground.cluster.ranges.balancer) : pulumi.output(loadBalancer.range);
  const name = ground.globalName("addresses");
  const spec = (manifest: (range: string) => Manifest): pulumi.Output<unknown> =>
    range.apply((text) => manifest(text)["spec"]);
  switch (loadBalancer.kind) {
    case "cloud":
      return [];
    case "cilium": {
      const crds = ground.wait(
        "balancer-crds",
        "crds",
        { names: ["ciliumloadbalancerippools.cilium.io", "ciliuml2announcementpolicies.cilium.io"], deadline_s: 60 },
        on,
      ).resource;
      const after = { parent: on.parent, dependsOn: [crds] };
      return [
        ground.object(
          "balancer-pool",
          { ...ciliumPool(name, labels, ""), spec: spec((text) => ciliumPool(name, labels, text)) },
          after,
        ),
        ground.object("balancer-announcement", ciliumAnnouncement(name, labels), after),
      ];
    }
    case "metallb": {
      const namespace = ground.globalName("metallb");
      // Its speaker uses the node's network.
      const place = ground.object(
        "balancer-namespace",
        {
          apiVersion: "v1",
          kind: "Namespace",
          metadata: { name: namespace, labels: { ...labels, ...podSecurity("privileged") } },
        },
        on,
      );
      const release = ground.release(
        "balancer",
        "metallb",
        { name: "metallb", namespace, values: metallbValues(ground.plan) },
        { parent: on.parent, dependsOn: [place] },
      );
      const ready = ground.wait(
        "balancer-ready",
        "workloads",
        {
          workloads: [
            { kind: "Deployment", namespace, name: "metallb-controller" },
            { kind: "DaemonSet", namespace, name: "metallb-speaker" },
          ],
          deadline_s: 240,
        },
        { parent: on.parent, dependsOn: [release] },
      ).resource;
      const after = { parent: on.parent, dependsOn: [ready] };
      return [
        ground.object(
          "balancer-pool",
          {
            ...metallbPool(name, namespace, labels, ""),
            spec: spec((text) => metallbPool(name, namespace, labels, text)),
          },
          after,
        ),
        ground.object("balancer-announcement", metallbAdvertisement(name, namespace, labels), after),
      ];
    }
  }
}
