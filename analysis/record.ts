/**
 * The record of one run: the one contract between the program that runs a load and the analysis that reads it.
 * The program imports the types only; `parseRecord` in readRecord.ts is for readers.
 */
import { z } from "zod";

/** Written by this version; a newer number is refused with a remedy. */
export const recordSchema = 1;

const seconds = z.number();

/** One point of the comparison. */
export const cellSchema = z.object({
  /** `environment/cni/scenario/path-or-gateway[/load][/weights]` */
  id: z.string().min(1),
  environment: z.string(),
  cni: z.string(),
  scenario: z.enum(["egress", "ingress"]),
  /** Blank where the scenario does not use it. */
  path: z.string(),
  gateway: z.string(),
  /** null where the scenario does not use it. */
  vus: z.number().nullable(),
  rate: z.number().nullable(),
  /** Blank where the scenario does not use it, e.g. `60/40`. */
  weights: z.string(),
});

const phase = z.object({
  phase: z.string(),
  /** Seconds since the epoch: from the start of the phase, warm-up included, to its end. */
  start_s: seconds,
  end_s: seconds,
  /** Seconds at the start of the phase that are left out by rule (warm-up). */
  warmup_s: z.number().min(0),
});

/** What `up` gives: what ran, where its raw files are. No secret. */
const runOutput = z.object({
  schema: z.literal(recordSchema),
  run_id: z.string().min(1),
  block: z.number().int().nullable(),
  position: z.number().int().nullable(),
  cell: cellSchema,
  /** Versions of everything that took part: `iperf3`, `k6`, `nginx`, `envoy`, `prometheus`, `node_exporter`, `kernel`, `lab`. */
  versions: z.record(z.string(), z.string()),
  /** Every setting that the scenario used, as text. */
  settings: z.record(z.string(), z.string()),
  load: z.object({ started_s: seconds, finished_s: seconds, phases: z.array(phase) }),
  /** Whether the load's tool did what it was told; a failed tool makes the run invalid. */
  outcome: z.object({ ok: z.boolean(), error: z.string() }),
  /** Components that were restarted during the run. */
  restarted: z.array(z.string()),
  /**
   * Raw files by role, e.g. `iperf3.saturated` → `iperf3-saturated.json`; relative to `source.folder`, in the bundle to the
   * run's folder. A load of several runners has the files of runner 2, 3, … under `runner-2/iperf3.saturated` and so on.
   */
  files: z.record(z.string(), z.string()),
  /** Where `collect` finds the raw files. */
  source: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("netns"),
      folder: z.string(),
      /** Namespace and address of Prometheus; null without monitoring. `holder` is the pid to enter first, null for root. */
      prometheus: z.object({ netns: z.string(), url: z.string(), holder: z.number().int().nullable() }).nullable(),
    }),
    z.object({
      kind: z.literal("kubernetes"),
      /** The run's folder in the results store, below the store's root. */
      folder: z.string(),
      /** Services that are reached through the API server's proxy with the stack's kubeconfig. */
      store: z.object({ namespace: z.string(), service: z.string(), port: z.number().int() }),
      prometheus: z.object({ namespace: z.string(), service: z.string(), port: z.number().int() }).nullable(),
    }),
  ]),
  /** What this platform cannot separate or show, as sentences: "node exporter on kind sees the whole host". Empty on netns. */
  limits: z.array(z.string()).default([]),
  /** What must be seen for an egress run to be valid; null for others. */
  expected: z
    .object({
      /** Source address that the external server must see on matching traffic. */
      source: z.string(),
      /** Source address on traffic to the other destination, which no gateway may touch. */
      otherSource: z.string(),
      server: z.string(),
      otherServer: z.string(),
      /** The two source addresses of each generator, in their order, where they stand on several nodes or leave by several gateways. */
      runners: z.array(z.object({ source: z.string(), otherSource: z.string() })).optional(),
    })
    .nullable(),
  /** Backends by stable name and weight; empty for egress. */
  backends: z.array(z.object({ name: z.string(), weight: z.number().min(0) })),
});

/** What `collect` adds: what was measured about the run itself. */
const measured = z.object({
  /** Phase windows without warm-up, seconds since the epoch, from what the tool itself says. */
  windows: z.array(z.object({ phase: z.string(), start_s: seconds, end_s: seconds })),
  /** Egress proof; null for others. */
  proof: z
    .object({
      /** Source addresses that the server saw on the measured service, with connections; packets and bytes are 0 where nothing counts them. */
      sources: z.array(
        z.object({ address: z.string(), connections: z.number(), packets: z.number(), bytes: z.number() }),
      ),
      /** Connections of the load tool that the server itself recorded, and how many of them came from the expected address. */
      connections: z.number().int(),
      proven: z.number().int(),
      leaked: z.number().int(),
      /** The load pod's own questions through the run: asked, answered with the expected address, otherwise. */
      probes: z.object({
        asked: z.number().int(),
        expected: z.number().int(),
        wrong: z.number().int(),
        failed: z.number().int(),
      }),
      otherProbes: z.object({
        asked: z.number().int(),
        expected: z.number().int(),
        wrong: z.number().int(),
        failed: z.number().int(),
      }),
      /** At the node that translates: packets and bytes of the measured flow over the whole window; null where nothing counts them. */
      gateway_packets: z.number().nullable(),
      gateway_bytes: z.number().nullable(),
      /** What the load tool says it sent in the same time. */
      tool_bytes: z.number(),
    })
    .nullable(),
  requests: z.number().nullable(),
  errors: z.number().nullable(),
  dropped_iterations: z.number().nullable(),
  /** Per load phase: generator's CPU as a share of what it may use (0 to 1) and the host's idle share (0 to 1). */
  generator: z.array(
    z.object({ phase: z.string(), generator_cpu: z.number().nullable(), host_idle: z.number().nullable() }),
  ),
  validity: z.object({
    valid: z.boolean(),
    /** Why the run is invalid; empty when valid. */
    reasons: z.array(z.string()),
    /** Metrics whose own premise fails: metric, phase, why. The run stays valid. */
    voids: z.array(z.object({ metric: z.string(), phase: z.string(), reason: z.string() })),
    /** Labels that do not void anything, such as "end-host bound" on saturating iperf3. */
    labels: z.array(z.object({ phase: z.string(), label: z.string() })),
  }),
});

const runRecord = runOutput.extend({ measured });

export type Cell = z.infer<typeof cellSchema>;
export type RunPhase = z.infer<typeof phase>;
export type RunOutput = z.infer<typeof runOutput>;
export type Measured = z.infer<typeof measured>;
export type RunRecord = z.infer<typeof runRecord>;
export const runOutputSchema = runOutput;
export const runRecordSchema = runRecord;
