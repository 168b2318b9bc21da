/** A limit of egress bandwidth: what each CNI limits, by what, and how a cluster that is not ours says that it does. Pure. */
import type { CniPlan, EgressPolicyPlan } from "../platform.ts";

type Limit = NonNullable<EgressPolicyPlan["bandwidth"]>;

interface Limiter {
  /** What the pods that it limits must carry. */
  readonly annotations: (limit: Limit) => Readonly<Record<string, string>>;
  /** What the number does not mean, for the record. */
  readonly says: (limit: Limit) => string;
  /** Where the CNI's configuration stands, what in it turns the limit on, and how it is turned on. */
  readonly configMap: string;
  readonly isOn: (data: Readonly<Record<string, string>>) => boolean;
  readonly remedy: string;
}

export const limiters: Readonly<Record<CniPlan["name"], Limiter>> = {
  cilium: {
    // Cilium has no limit of an egress address: its bandwidth manager paces pods where they stand.
    annotations: ({ rate }) => ({ "kubernetes.io/egress-bandwidth": rate }),
    says: ({ rate }) =>
      `Cilium holds each load pod to ${rate} bit/s on the pod's own node, before the gateway: neither the gateway nor its address is limited`,
    configMap: "cilium-config",
    isOn: (data) => data["enable-bandwidth-manager"] === "true",
    remedy: "install Cilium with bandwidthManager.enabled=true",
  },
  antrea: {
    annotations: () => ({}),
    says: ({ rate, burst = "" }) =>
      `Antrea holds the egress address to ${rate} bit/s with a burst of ${burst} bit, for all its pods together: what is above is dropped, not delayed`,
    configMap: "antrea-config",
    isOn: (data) => /^\s*EgressTrafficShaping: true\s*$/m.test(data["antrea-agent.conf"] ?? ""),
    remedy: "install Antrea with the feature gate EgressTrafficShaping",
  },
};
