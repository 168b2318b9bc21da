/** What the rules of validity look at, taken together from the record and the raw files of one run. */

/** A connection of the load tool as seen at the server. */
export interface SeenConnection {
  readonly address: string;
  /** Source address that it must have. */
  readonly expected: string;
}

/** Questions of the load pod to one address. */
export interface Probes {
  readonly target: string;
  readonly asked: number;
  readonly expected: number;
  readonly wrong: number;
  readonly failed: number;
  /** Addresses answered that were not expected, and those that were in their place. */
  readonly wrongAnswers: readonly string[];
  readonly wanted: readonly string[];
}

/** Packets and bytes that arrived from one address, and the connections that it opened. */
export interface SourceTally {
  readonly address: string;
  readonly connections: number;
  readonly packets: number;
  readonly bytes: number;
}

export interface EgressEvidence {
  /** Expected source address at the measured server and at the other one. */
  readonly expected: { readonly source: string; readonly otherSource: string };
  /** Connections that the client opened, control connections included. */
  readonly opened: number;
  /** The same as the server's iperf3 wrote them down; null when it left no log. */
  readonly logged: readonly SeenConnection[] | null;
  /** The same as the server's kernel counted them; null when it left no counters. */
  readonly counted: readonly SeenConnection[] | null;
  /** Whether anything on this platform counts packets at the server and at the gateway: on a cluster nothing does. */
  readonly hasCounters: boolean;
  /** Everything that reached the measured services. */
  readonly sources: readonly SourceTally[];
  /** Packets of the measured flow that left the translating node with another source address. */
  readonly leakedAtGateway: number;
  readonly probes: readonly [measured: Probes, other: Probes];
  /** Questions that the address service saw from an address that was not expected. */
  readonly strangers: readonly {
    readonly server: string;
    readonly source: string;
    readonly questions: number;
    readonly wanted: readonly string[];
  }[];
  readonly gateway: { readonly packets: number; readonly bytes: number } | null;
  readonly toolBytes: number;
  /** Counters that fell back during the run. */
  readonly resets: readonly string[];
}

export interface IngressPhase {
  readonly phase: string;
  /** k6's own count. */
  readonly made: number;
  /** Sum of the counts per second; null without them. */
  readonly counted: number | null;
  /** Lines in the log of every answer; null without it. */
  readonly logged: number | null;
  readonly errors: number;
  readonly dropped: number;
}

/** How the monitoring did in one phase. */
export interface MonitoringPhase {
  readonly phase: string;
  /** Longest time without a sample, in seconds; null without any sample at all. */
  readonly gap_s: number | null;
  readonly samples: number;
  readonly resets: readonly string[];
}

export interface GeneratorPhase {
  readonly phase: string;
  /** 0 to 1; null when it was not recorded. */
  readonly generator_cpu: number | null;
  readonly host_idle: number | null;
}

export interface Evidence {
  readonly outcome: { readonly ok: boolean; readonly error: string };
  readonly restarted: readonly string[];
  /** Raw files that are missing or broken, as sentences. */
  readonly problems: readonly string[];
  /** iperf3's own errors. */
  readonly toolErrors: readonly { readonly phase: string; readonly error: string }[];
  readonly egress: EgressEvidence | null;
  readonly ingress: readonly IngressPhase[] | null;
  readonly generator: readonly GeneratorPhase[];
  readonly monitoring: readonly MonitoringPhase[];
  /** Usual distance of the monitoring's samples in seconds. */
  readonly scrape_s: number;
}
