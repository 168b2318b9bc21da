/**
 * The contract of `netlab`: what each resource type takes and gives. Plain types, no code, so that the program can
 * import them without the provider.
 *
 * Every resource but the lab itself takes `lab`, which says where the lab lives on this machine. After a refresh a
 * resource may have one more output, `drift`: what was found different, in words, where none of its own properties can
 * show it (a device that is down, a rule set that somebody changed). The next update repairs it, and it is gone.
 */

/** A process, known for certain: a pid alone may have been given to another process since, also after a reboot. */
export interface ProcessRef {
  readonly pid: number;
  /** Field 22 of /proc/<pid>/stat: clock ticks since boot. */
  readonly startTime: number;
  readonly bootId: string;
}

/** Where a lab lives. */
export interface LabRef {
  /** Short and unique for each stack and project folder: prefix of namespaces, name of the cgroup, mark of processes. */
  readonly id: string;
  /** Folder of everything the lab writes: configuration, logs, results. Absolute. */
  readonly dir: string;
  /** Folders searched for tools before PATH. Absolute. */
  readonly path: readonly string[];
  /** Holder of the user namespace that the lab lives in, where the user is not root. */
  readonly holder?: ProcessRef;
}

/** The root of a lab: its folder and its parent cgroup. Deleting it sweeps whatever still carries the lab's mark. */
export interface LabArgs {
  readonly labId: string;
  readonly dir: string;
  readonly path: readonly string[];
}
export interface LabState extends LabArgs {
  readonly ref: LabRef;
}

/** A user, mount and network namespace for users who are not root, kept open by a process of its own. */
export interface UserNamespaceArgs {
  readonly lab: LabRef;
}
export interface UserNamespaceState extends UserNamespaceArgs {
  readonly holder: ProcessRef;
  /** The lab's reference with the holder in it: what every other resource of this lab takes. */
  readonly ref: LabRef;
}

/** One network namespace: a node, a pod, the underlay, the outside. Loopback is up. */
export interface NodeArgs {
  readonly lab: LabRef;
  /** Short name in the lab, such as `worker`. */
  readonly name: string;
  /** Values of /proc/sys by dotted name, only names below `net.`. */
  readonly sysctls?: Readonly<Record<string, string>>;
}
export interface NodeState extends NodeArgs {
  /** Name for `ip netns exec`: `<lab id>-<name>`. Every `netns` argument below takes this. */
  readonly netns: string;
  readonly inode: number;
}

export interface BridgeArgs {
  readonly lab: LabRef;
  readonly netns: string;
  readonly device: string;
  readonly mtu: number;
}

export interface LinkEnd {
  readonly netns: string;
  readonly device: string;
  /** Bridge in the same namespace that this end becomes a port of. */
  readonly bridge?: string;
}
/** A veth pair between two namespaces. */
export interface LinkArgs {
  readonly lab: LabRef;
  readonly mtu: number;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
}

export interface VxlanPeer {
  /** Underlay address of the other node. */
  readonly underlay: string;
  /** Overlay address of the other node's VXLAN device. */
  readonly overlay: string;
  /** Hardware address of the other node's VXLAN device. */
  readonly mac: string;
}
/** A VXLAN device with a static forwarding database and neighbours (no learning, no multicast). */
export interface VxlanArgs {
  readonly lab: LabRef;
  readonly netns: string;
  readonly device: string;
  readonly vni: number;
  readonly port: number;
  readonly mtu: number;
  /** Underlay address of this node. */
  readonly local: string;
  readonly mac: string;
  readonly peers: readonly VxlanPeer[];
}

export interface AddressSpec {
  readonly device: string;
  /** With prefix length: `10.0.0.1/24`. */
  readonly cidr: string;
}
export interface RouteSpec {
  /** Prefix or `default`. */
  readonly to: string;
  readonly via?: string;
  readonly device: string;
  readonly onlink?: boolean;
  /** Routing table number; the main table when absent. */
  readonly table?: number;
  /** Preferred source address. */
  readonly source?: string;
}
export interface RuleSpec {
  readonly priority: number;
  readonly from?: string;
  readonly to?: string;
  readonly table: number;
}
/** Layer 3 of one namespace: addresses, routes, policy rules. Changed in place. */
export interface RoutingArgs {
  readonly lab: LabRef;
  readonly netns: string;
  readonly addresses?: readonly AddressSpec[];
  readonly routes?: readonly RouteSpec[];
  readonly rules?: readonly RuleSpec[];
}

/** One nftables table, replaced as a whole in one transaction. */
export interface RuleSetArgs {
  readonly lab: LabRef;
  readonly netns: string;
  readonly family: "ip" | "ip6" | "inet";
  readonly table: string;
  /** What stands between the braces of `table <family> <table> { … }`. */
  readonly rules: string;
}

/** A control group of one role. Where the user may not make one, `procs` is empty and nothing fails. */
export interface CgroupArgs {
  readonly lab: LabRef;
  readonly role: string;
}
export interface CgroupState extends CgroupArgs {
  readonly version: 0 | 1 | 2;
  /** Files to write a pid to (one for each v1 hierarchy). */
  readonly procs: readonly string[];
  /** Folder with cpuacct.usage (v1) or cpu.stat (v2); empty when version is 0. */
  readonly cpu: string;
  /** Folder with memory.usage_in_bytes (v1) or memory.current (v2); empty when version is 0. */
  readonly memory: string;
}

export type Readiness =
  /** A socket of the process's namespace listens on the port. */
  | { readonly kind: "tcp"; readonly port: number }
  /** GET from inside the namespace answers 200, with `body` in its body if given. */
  | { readonly kind: "http"; readonly url: string; readonly body?: string }
  /** A line of the log matches the regular expression. */
  | { readonly kind: "log"; readonly pattern: string }
  /** Alive is ready. */
  | { readonly kind: "alive" };

/** What a started program needs. `{dir}` in `command`, `environment` and file contents is the resource's own folder. */
export interface CommandSpec {
  readonly netns: string;
  /** Role in the measurement: client, gateway, server, monitoring. Set as a mark in the environment, for `netlab_role_*`. */
  readonly role: string;
  /** `procs` of the role's cgroup. */
  readonly cgroup?: readonly string[];
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** A long-running process. It outlives the provider. Any changed input but `stop` replaces it. */
export interface ProcessArgs extends CommandSpec {
  readonly lab: LabRef;
  readonly name: string;
  /** Written into the resource's folder before the start, by relative name. */
  readonly files?: Readonly<Record<string, string>>;
  readonly ready: Readiness;
  /** How long to wait for `ready`, in seconds. */
  readonly readyDeadline?: number;
  readonly stop?: { readonly signal: "SIGTERM" | "SIGINT" | "SIGQUIT"; readonly deadline: number };
  /** Command that prints the program's version; the first dotted number in it becomes `version`. */
  readonly versionCommand?: readonly string[];
}
export interface ProcessState extends ProcessArgs {
  readonly process: ProcessRef;
  /** The resource's own folder. */
  readonly folder: string;
  readonly log: string;
  readonly version: string;
}

/** How a tool's end is judged: by its exit status, or by what it really says (see provider/judge.ts). */
export type Judge = "exit" | "iperf3" | "k6";

export interface TaskCommand extends CommandSpec {
  readonly name: string;
  /** File for standard output, relative to the results folder. */
  readonly output?: string;
  readonly judge: Judge;
  /** Seconds after which it is killed and counts as failed. */
  readonly deadline: number;
}

/** One step: a wait (`seconds` only) or a command. Its phase names it in the timeline. */
export interface TaskStep {
  readonly phase: string;
  readonly seconds?: number;
  readonly run?: TaskCommand;
}

/**
 * A load: gates, then steps in order, with other commands alongside. `{results}` in commands is the results folder,
 * `{dir}` the folder with `files`. A gate that does not pass, a missing program or an interruption fails the resource. A tool that fails
 * in a step is an outcome, not an error of the resource: it ends the steps and is told in `outcome`.
 */
export interface TaskArgs {
  readonly lab: LabRef;
  readonly name: string;
  /** Results folder, relative to the lab's: `results/<run>`. */
  readonly results: string;
  /** Any change replaces the task, so the load runs again. */
  readonly triggers: readonly string[];
  readonly files?: Readonly<Record<string, string>>;
  /** Run one after the other before the first step; each must exit with 0 within its deadline. */
  readonly gates?: readonly TaskCommand[];
  readonly steps: readonly TaskStep[];
  /** Started before the first step, stopped by SIGTERM after the last. */
  readonly alongside?: readonly TaskCommand[];
  /** Run before the first step and after every step; standard output (JSON) goes to `counters.jsonl`. */
  readonly observe?: readonly { readonly name: string; readonly netns: string; readonly command: readonly string[] }[];
  /** Growing files of which the part written during the task is kept, under the given name in the results folder. */
  readonly follow?: readonly { readonly file: string; readonly as: string }[];
  /** Processes that must be the same at the end as at the start, by name. */
  readonly watch?: Readonly<Record<string, ProcessRef>>;
  readonly versionCommands?: Readonly<Record<string, readonly string[]>>;
}
export interface TaskOutcome {
  readonly ok: boolean;
  /** Empty when ok; else what the tool said, with the phase. */
  readonly error: string;
}
export interface TaskPhase {
  readonly phase: string;
  /** Seconds since the epoch. */
  readonly start_s: number;
  readonly end_s: number;
}
export interface TaskState extends TaskArgs {
  /** Absolute results folder. */
  readonly folder: string;
  readonly outcome: TaskOutcome;
  readonly phases: readonly TaskPhase[];
  /** Names in `watch` that were not the same process at the end. */
  readonly restarted: readonly string[];
  /** By the names of `versionCommands`. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface ResourceTypes {
  readonly Lab: { args: LabArgs; state: LabState };
  readonly UserNamespace: { args: UserNamespaceArgs; state: UserNamespaceState };
  readonly Node: { args: NodeArgs; state: NodeState };
  readonly Bridge: { args: BridgeArgs; state: BridgeArgs };
  readonly Link: { args: LinkArgs; state: LinkArgs };
  readonly Vxlan: { args: VxlanArgs; state: VxlanArgs };
  readonly Routing: { args: RoutingArgs; state: RoutingArgs };
  readonly RuleSet: { args: RuleSetArgs; state: RuleSetArgs & { readonly applied: string } };
  readonly Cgroup: { args: CgroupArgs; state: CgroupState };
  readonly Process: { args: ProcessArgs; state: ProcessState };
  readonly Task: { args: TaskArgs; state: TaskState };
}
