/**
 * What a scenario may ask of an environment. Scenarios are written once against this; nothing outside
 * `createPlatform` asks which environment it has.
 */
import type { Output, Resource } from "@pulumi/pulumi";
import type { RunOutput } from "../analysis/record.ts";
import { NetnsPlatform } from "./netns/platform.ts";

/** Structure of the cluster and of what stands outside it. Plain: it decides which resources exist. */
export interface NetworkPlan {
  /** Tells apart networks that exist at the same time: a stack that goes to another scenario builds before it removes. */
  readonly name: string;
  readonly nodes: readonly string[];
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

export interface EgressPlan {
  readonly path: "base" | "gateway";
  /** Gateways: which pods leave through which node. A plan may hold several. */
  readonly gateways: readonly { readonly name: string; readonly pods: readonly string[]; readonly node: string }[];
}
export interface EgressGateway {
  readonly resource: Resource;
}

export interface BackendsPlan {
  /** Names of the pods that answer with their own name at /echo. */
  readonly pods: readonly string[];
}
export interface Backends {
  readonly resource: Resource;
}

export interface WeightedPlan {
  /** Machine outside that sends: without a gateway it needs a way of its own to the backend. */
  readonly client: string;
  readonly gateway: "nginx" | "envoy" | "direct";
  /** Node that the gateway runs on. */
  readonly node: string;
  readonly backends: readonly { readonly name: string; readonly weight: number }[];
  readonly keepalive: number;
  /** 0: one for each CPU. */
  readonly workers: number;
}
export interface WeightedGateway {
  readonly resource: Resource;
  /** Where requests go: `http://10.10.0.11:80/echo`. */
  readonly url: string;
}

export interface MonitoringPlan {
  readonly scrapeSeconds: number;
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
      /** Pod that sends. */
      readonly client: string;
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
export interface RunPlan {
  /** Name of the run; a new one runs the load again. */
  readonly run: string;
  readonly phases: readonly LoadPhase[];
  readonly warmupSeconds: number;
  /** Interval of the tool's own reports. */
  readonly windowSeconds: number;
}
/** What a load leaves: the part of the run's record that only the platform knows. */
export type LoadResult = Pick<
  RunOutput,
  "load" | "outcome" | "restarted" | "files" | "source" | "expected" | "versions"
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
}

/** What the program knows about where it runs; components never look it up themselves. */
export interface PlatformContext {
  /** Short and unique for each stack, project folder and backend. */
  readonly labId: string;
  /** Folder of everything that the lab writes. Absolute. */
  readonly labDir: string;
  /** Folders searched for tools before PATH. Absolute. */
  readonly toolPath: readonly string[];
  /** Whether the user is root; else the lab lives in a user namespace. */
  readonly root: boolean;
}

/** Environments by name: the only switch on them. */
const platforms = {
  netns: (context: PlatformContext): Platform => new NetnsPlatform(context),
} as const;

export type Environment = keyof typeof platforms;

export function createPlatform(environment: Environment, context: PlatformContext): Platform {
  return platforms[environment](context);
}
