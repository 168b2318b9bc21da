/** What a Gateway API implementation is: its class, what is installed for it, where its data plane stands. */
import type { ClusterPlan } from "../../platform.ts";
import type { Manifest } from "../objects.ts";
import type { DataPlane } from "../tasks/gatewayWait.ts";
import type { Workload } from "../tasks/waits.ts";
import type { ChartName } from "../versions.ts";

/** Where the data plane's pods stand: as in the thesis on kind's control plane, in a cloud beside an echo pod. */
export interface Placement {
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: readonly object[];
  readonly affinity?: object;
}

export interface GatewayFacts {
  readonly plan: ClusterPlan;
  /** Prefix of names without a namespace. */
  readonly prefix: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly placement: Placement;
}

export interface GatewaySpec {
  readonly className: (facts: GatewayFacts) => string;
  /** null: the CNI brings it. */
  readonly chart: {
    readonly name: ChartName;
    readonly release: (facts: GatewayFacts) => string;
    readonly namespace: (facts: GatewayFacts) => string;
    /** CRDs of its own that must be there; its chart brings them where it may. */
    readonly crds: readonly string[];
    readonly values: (facts: GatewayFacts) => object;
    readonly workloads: (facts: GatewayFacts) => readonly Workload[];
  } | null;
  /** Objects that must be there before the Gateway, in order. */
  readonly objects: (facts: GatewayFacts) => readonly Manifest[];
  /** Pods that split the requests, as its controller makes them; null: they are the CNI's. */
  readonly dataPlane: ((facts: GatewayFacts) => DataPlane) | null;
  /** `spec.infrastructure.parametersRef` of the Gateway. */
  readonly parameters?: { readonly group: string; readonly kind: string; readonly name: string };
}
