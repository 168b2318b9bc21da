/**
 * What a scenario may ask of an environment. Scenarios are written once against this; nothing outside
 * `createPlatform` asks which environment it has.
 */
import type { Input, Output, Resource } from "@pulumi/pulumi";
import type { RunOutput } from "../analysis/record.ts";

/** Structure of the cluster and of what stands outside it. Plain: it decides which resources exist. */
export interface NetworkPlan {
  /** Tells apart networks that exist at the same time: a stack that goes to another scenario builds before it removes. */
  readonly name: string;
  readonly nodes: readonly string[];
  /** Node of the cluster's control plane. */
  readonly controlPlane: string;
  /** Nodes that traffic may leave the cluster by. */
  readonly egressNodes: readonly string[];
  /** Pods by name, with the node they run on. */
  readonly pods: readonly { readonly name: string; readonly node: string }[];
  /** Machines outside the cluster on the same underlay. */
  readonly outside: readonly string[];
  readonly mtu: number;
}

/** A network whose pods have addresses and reach each other; components of the same platform build on it. */
export interface Network {
  readonly resource: Resource;
}

export interface ExternalServerPlan {
  /** Machine outside the cluster that it runs on. */
  readonly host: string;
}
/** iperf3 and a service that answers the caller's address, outside the cluster, on two addresses. */
export interface ExternalServer {
  readonly resource: Resource;
}

/** One egress gateway: which pods leave through which node. */
export interface GatewayPlan {
  readonly name: string;
  readonly pods: readonly string[];
  readonly node: string;
}
/** What an egress policy of a CNI can say beyond that. Each CNI has a part of it; settings are refused where it has not. */
export interface EgressPolicyPlan {
  /** `node`: the gateway node's own address; `pool`: one of a range that the CNI hands out. */
  readonly address: "node" | "pool";
  /** Range of the pool; null: a free one is found. */
  readonly pool: { readonly cidr: string } | { readonly start: string; readonly end: string } | null;
  /** Interface or address of the gateway node; empty: the CNI's own choice. At most one of the two. */
  readonly interface: string;
  readonly ip: string;
  /** CIDRs that are steered; empty: the measured server only. */
  readonly destinations: readonly string[];
  readonly excluded: readonly string[];
  /** Selectors beside the pods' own label and the lab's own namespace. */
  readonly podSelector: LabelSelector | null;
  readonly namespaceSelector: LabelSelector | null;
  /** Without a burst where the CNI paces. */
  readonly bandwidth: { readonly rate: string; readonly burst?: string } | null;
}
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values?: readonly string[];
  }[];
}
export interface EgressPlan {
  readonly path: "base" | "gateway";
  /** A plan may hold several, so that each deployment can have its own. */
  readonly gateways: readonly GatewayPlan[];
  readonly policy: EgressPolicyPlan;
}
export interface EgressGateway {
  readonly resource: Resource;
}

export interface BackendsPlan {
  /** Names of the pods that answer with their own name. */
  readonly pods: readonly string[];
  /** Path that they answer at, such as /echo. */
  readonly path: string;
  readonly port: number;
}
export interface Backends {
  readonly resource: Resource;
}

export interface WeightedPlan {
  /** Machine outside that sends: without a gateway it needs a way of its own to the backend. */
  readonly client: string;
  readonly gateway: "nginx" | "envoy" | "cilium" | "direct";
  /** Node that the gateway runs on. */
  readonly node: string;
  readonly backends: readonly { readonly name: string; readonly weight: number }[];
  readonly keepalive: number;
  /** 0: one for each CPU. */
  readonly workers: number;
  readonly path: string;
}
export interface WeightedGateway {
  readonly resource: Resource;
  /** Where requests go: `http://10.10.0.11:80/echo`. */
  readonly url: Input<string>;
}

export interface MonitoringPlan {
  readonly scrapeSeconds: number;
  readonly grafana: boolean;
}
export interface Monitoring {
  readonly resource: Resource;
}

export interface LoadPhase {
  readonly phase: string;
  /** Measured length; warm-up comes on top. */
  readonly seconds: number;
}
export type LoadProfile =
  | {
      readonly kind: "iperf3";
      /** Pods that send; several when every gateway serves a deployment of its own. */
      readonly clients: readonly string[];
      readonly streams: number;
      /** Goodput of the base path in bit/s; 0 when not known. */
      readonly baseRate: number;
      /** How often the client asks the external service for its own address. */
      readonly probeSeconds: number;
    }
  | {
      readonly kind: "k6";
      /** Machine outside that sends. */
      readonly client: string;
      readonly vus: number;
      /** Requests per second of the open phase. */
      readonly rate: number;
      readonly timeoutSeconds: number;
      readonly countAnswers: boolean;
      readonly logAnswers: boolean;
      readonly backends: readonly { readonly name: string; readonly weight: number }[];
      readonly gateway: Pick<WeightedGateway, "url">;
    };
/** Where a load stands: in a pod of the cluster or on a machine beside it. */
export type Placement = "inside" | "outside";

export interface RunPlan {
  /** Name of the run; a new one runs the load again. */
  readonly run: string;
  readonly phases: readonly LoadPhase[];
  readonly warmupSeconds: number;
  /** Interval of the tool's own reports. */
  readonly windowSeconds: number;
  readonly placement: Placement;
  /** Generators at the same time; each takes its share of users and rate and leaves files of its own. */
  readonly parallelism: number;
}
/** What a load leaves: the part of the run's record that only the platform knows. */
export type LoadResult = Pick<
  RunOutput,
  "load" | "outcome" | "restarted" | "files" | "source" | "expected" | "versions" | "limits"
>;
export interface Load {
  readonly resource: Resource;
  readonly result: Output<LoadResult>;
}

export interface Platform {
  /** Makes nodes, pods and the CNI's data path. Ready means: pods have addresses and reach each other. */
  network(plan: NetworkPlan): Network;
  externalServer(plan: ExternalServerPlan): ExternalServer;
  egressGateway(plan: EgressPlan): EgressGateway;
  backends(plan: BackendsPlan): Backends;
  weightedGateway(plan: WeightedPlan): WeightedGateway;
  monitoring(plan: MonitoringPlan): Monitoring;
  /** One run. Done when the raw files are where the result says. `after`: what must be ready first. */
  load(profile: LoadProfile, run: RunPlan, after: readonly Resource[]): Load;
  /** How the cluster is reached, a secret; absent where there is none. */
  readonly kubeconfig?: Output<string>;
}

/** What the program knows about where it runs; components never look it up themselves. */
export interface PlatformContext {
  /** The project's folder. Absolute. */
  readonly project: string;
  readonly stack: string;
  /** Short and unique for each stack, project folder and backend. */
  readonly labId: string;
  /** Folder of everything that the lab writes. Absolute. */
  readonly labDir: string;
  /** Folders searched for tools before PATH. Absolute. */
  readonly toolPath: readonly string[];
  /** Whether the user is root; else the lab lives in a user namespace. */
  readonly root: boolean;
}

/** What a cluster is made of, and what is under test in it; absent in netns. */
export interface ClusterPlan {
  readonly kind: ClusterKind;
  readonly cni: CniPlan;
  readonly sources: Sources;
  readonly podCidr: string;
  readonly serviceCidr: string;
  readonly loadBalancer: { readonly kind: "metallb" | "cilium" | "cloud"; readonly range: string };
  /** Whose Gateway API controller splits requests; null where nothing is split. */
  readonly gateway: WeightedPlan["gateway"] | null;
  /** External server that exists already, or an example of one; empty: the platform makes one. */
  readonly serverAddress: string;
}

export type ClusterKind =
  | {
      readonly kind: "kind";
      /** Empty: `ctl-` and the lab's id. */
      readonly name: string;
      /** Empty: the pinned one. */
      readonly image: string;
      readonly server: "container" | "host";
    }
  | {
      readonly kind: "aks";
      readonly location: string;
      readonly vmSize: string;
      readonly nodes: number;
      readonly dnsPrefix: string;
      readonly kubernetesVersion: string;
      readonly sshPublicKey: string;
      readonly authorized: readonly string[] | "any" | "caller";
      readonly owner: string;
      readonly timeToLiveSeconds: number;
      readonly serverVmSize: string;
      readonly removeKubeProxy: boolean;
    }
  | {
      readonly kind: "existing";
      /** Path; empty: KUBECONFIG, else the user's own. */
      readonly kubeconfig: string;
      readonly context: string;
      readonly installCni: boolean;
      /** Whether the CRDs of gateways may be brought without the CNI. */
      readonly installCrds: boolean;
      readonly gatewayNode: string;
    };

export interface CniPlan {
  readonly name: "cilium" | "antrea";
  /** Empty: the pinned one. */
  readonly version: string;
  /** Whether its own Gateway API controller is wanted. */
  readonly gatewayApi: boolean;
  /** Whether its egress gateway is wanted. */
  readonly egressGateway: boolean;
  /** Whether its egress bandwidth limit is wanted (Antrea's feature gate, Cilium's bandwidth manager). */
  readonly bandwidth: boolean;
  /** CIDRs that no egress gateway takes: a value of Antrea's chart, a field of Cilium's policy. */
  readonly excluded: readonly string[];
}

/** Where images and charts come from. */
export interface Sources {
  readonly mirror: string;
  /** Images by the name that the version table gives them. */
  readonly images: Readonly<Record<string, string>>;
  readonly chartsFolder: string;
}

/** Environments by name: the only switch on them. What a platform needs is loaded only when it is used. */
const platforms = {
  netns: async (context: PlatformContext): Promise<Platform> => {
    const { NetnsPlatform } = await import("./netns/platform.ts");
    return new NetnsPlatform(context);
  },
  cluster: async (context: PlatformContext, plan: ClusterPlan): Promise<Platform> => {
    const { KubernetesPlatform } = await import("./kubernetes/platform.ts");
    return new KubernetesPlatform(context, plan);
  },
} as const;

/** @param cluster what the cluster is; null: network namespaces on this machine. */
export function createPlatform(context: PlatformContext, cluster: ClusterPlan | null): Promise<Platform> {
  return cluster === null ? platforms.netns(context) : platforms.cluster(context, cluster);
}
