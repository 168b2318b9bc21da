/**
 * The stack's settings: one table, one reader. Pulumi.yaml declares the same names, types, defaults and descriptions
 * (a test compares them); what a type cannot say is checked here, all mistakes at once, before any resource exists.
 */
import { z } from "zod";
import { loadPhases, parseDuration, parsePhases, parseWeights, type Phase } from "./values.ts";

export const scenarioNames = ["egress", "ingress"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** One setting: as Pulumi.yaml declares it, and what a value must be. */
interface SettingSpec {
  readonly type: "string" | "integer" | "boolean";
  readonly default: string | number | boolean;
  readonly description: string;
  /** Scenarios that use it; all when absent. */
  readonly usedBy?: readonly ScenarioName[];
  /** Reads the text of a value; issues say what is allowed. */
  readonly read: z.ZodType<unknown, string>;
}

const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be ${listed(values)}` });

const whole = (min: number, max: number, unit: string) =>
  z
    .string()
    .regex(/^-?\d+$/, `must be a whole number of ${unit} from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number of ${unit} from ${min} to ${max}`);

const flag = z.enum(["true", "false"], { error: "must be true or false" }).transform((text) => text === "true");

const duration = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < min || seconds > max) {
      context.addIssue(`must be a duration from ${min}s to ${max}s, such as 30s or 2m`);
      return z.NEVER;
    }
    return seconds;
  });

/** A string that a parser turns into a value or into the sentence that says what is allowed. */
const parsed = <T>(parse: (text: string) => { readonly value: T } | { readonly problem: string }) =>
  z.string().transform((text, context) => {
    const result = parse(text);
    if ("problem" in result) {
      context.addIssue(result.problem);
      return z.NEVER;
    }
    return result.value;
  });

export const settingTable = {
  environment: {
    type: "string",
    default: "netns",
    description: "Where the lab lives: netns (network namespaces on this machine)",
    read: choice(["netns"]),
  },
  scenario: {
    type: "string",
    default: "egress",
    description: "What is asked: egress (traffic out through a gateway, iperf3) or ingress (weighted split, k6)",
    read: choice(scenarioNames),
  },
  cni: {
    type: "string",
    default: "kernel",
    description: "Network plugin under test: kernel (the plain Linux data path of netns)",
    read: choice(["kernel"]),
  },
  path: {
    type: "string",
    default: "base",
    description: "base (masquerade at the worker) or gateway (source NAT at the egress gateway node)",
    usedBy: ["egress"],
    read: choice(["base", "gateway"]),
  },
  gateway: {
    type: "string",
    default: "nginx",
    description:
      "Who splits incoming requests: nginx, envoy, or direct (none: straight to the first backend, the floor)",
    usedBy: ["ingress"],
    read: choice(["nginx", "envoy", "direct"]),
  },
  weights: {
    type: "string",
    default: "60/40",
    description: "Weights of the backends, two or more numbers with a positive sum, separated by a slash",
    usedBy: ["ingress"],
    read: parsed(parseWeights),
  },
  vus: {
    type: "integer",
    default: 10,
    description: "Virtual users of the closed model, and connections kept ready for the open model",
    usedBy: ["ingress"],
    read: whole(1, 20_000, "virtual users"),
  },
  rate: {
    type: "integer",
    default: 0,
    description: "Requests per second of the open model; 0 for none",
    usedBy: ["ingress"],
    read: whole(0, 1_000_000, "requests per second"),
  },
  duration: {
    type: "string",
    default: "30s",
    description: "Measured length of each load phase that has no length of its own",
    read: duration(1, 86_400).refine(Number.isInteger, "must be whole seconds from 1s to 24h"),
  },
  warmup: {
    type: "string",
    default: "5s",
    description: "Left out at the start of each load phase",
    read: duration(0, 3_600).refine(Number.isInteger, "must be whole seconds from 0s to 1h"),
  },
  phases: {
    type: "string",
    default: "",
    description:
      "Phases in order with optional lengths, such as idle:5s,unloaded:5s,half,saturated (egress) or idle:5s,closed,open (ingress); empty for the scenario's default",
    read: z.string(),
  },
  window: {
    type: "string",
    default: "1s",
    description: "Length of the windows in which the split and the throughput are looked at, whole seconds",
    read: duration(1, 60).refine(Number.isInteger, "must be whole seconds from 1s to 60s"),
  },
  run: {
    type: "string",
    default: "1",
    description: "Name of the run; a new one runs the load again",
    read: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be 1 to 100 letters, digits, dots, dashes or underscores"),
  },
  mtu: {
    type: "integer",
    default: 1500,
    description: "MTU of the underlay in bytes; pods get 50 less, the room that VXLAN needs",
    read: whole(1280, 9216, "bytes"),
  },
  streams: {
    type: "integer",
    default: 1,
    description: "Parallel TCP streams of iperf3",
    usedBy: ["egress"],
    read: whole(1, 128, "streams"),
  },
  baseRate: {
    type: "integer",
    default: 0,
    description:
      "Goodput of the base path in bit/s, of which the half phase sends half; 0: not known (lab run measures it)",
    usedBy: ["egress"],
    read: whole(0, 1_000_000_000_000, "bit/s"),
  },
  probeInterval: {
    type: "string",
    default: "500ms",
    description: "How often the load pod asks the external service for its own address during a run",
    usedBy: ["egress"],
    read: duration(0.1, 60),
  },
  keepalive: {
    type: "integer",
    default: 64,
    description: "Idle upstream connections that each worker of the gateway keeps open",
    usedBy: ["ingress"],
    read: whole(1, 10_000, "connections"),
  },
  workers: {
    type: "integer",
    default: 0,
    description: "Worker processes (NGINX) or threads (Envoy) of the gateway; 0: one for each CPU",
    usedBy: ["ingress"],
    read: whole(0, 256, "workers"),
  },
  requestTimeout: {
    type: "string",
    default: "5s",
    description: "How long k6 waits for one answer; a later one is an error",
    usedBy: ["ingress"],
    read: duration(1, 60),
  },
  countAnswers: {
    type: "boolean",
    default: true,
    description: "Count answers for each backend and second inside k6; off only to measure what that costs",
    usedBy: ["ingress"],
    read: flag,
  },
  logAnswers: {
    type: "boolean",
    default: false,
    description: "Keep one line for every answer (time offset and backend), as the thesis did",
    usedBy: ["ingress"],
    read: flag,
  },
  monitoring: {
    type: "boolean",
    default: true,
    description: "Run Prometheus and its exporters in the lab; without it CPU and memory are void",
    read: flag,
  },
  scrapeInterval: {
    type: "string",
    default: "1s",
    description: "How often Prometheus scrapes",
    read: duration(1, 5),
  },
} as const satisfies Record<string, SettingSpec>;

export type SettingName = keyof typeof settingTable;
export const settingNames = Object.keys(settingTable) as SettingName[];

type Read = { -readonly [K in SettingName]: z.infer<(typeof settingTable)[K]["read"]> };

/** Every setting, read and checked; durations in seconds. */
export interface Settings extends Readonly<Omit<Read, "phases">> {
  readonly phases: readonly Phase[];
  /** The settings that this scenario uses, as text: what the record keeps. */
  readonly used: Readonly<Record<string, string>>;
  /** Settings that were given though this scenario does not use them. */
  readonly unused: readonly string[];
}

/** All mistakes in the settings, one sentence each: key, value, what is allowed, the remedy. */
export class SettingsError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      [`${problems.length === 1 ? "1 setting is" : `${problems.length} settings are`} wrong:`, ...problems].join(
        "\n  ",
      ),
    );
    this.name = "SettingsError";
    this.problems = problems;
  }
}

/**
 * Reads settings by bare name (without the project prefix); what is not given takes its default.
 * @throws SettingsError with every mistake at once.
 */
export function readSettings(raw: Readonly<Record<string, string>>): Settings {
  const problems = Object.keys(raw)
    .filter((name) => !(name in settingTable))
    .map((name) => `${name}: no such setting. ${nearest(name)}Known: ${settingNames.join(", ")}.`);

  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of settingNames) {
    const text = raw[name] ?? String(settingTable[name].default);
    const result = settingTable[name].read.safeParse(text);
    if (result.success) values[name] = result.data;
    else problems.push(`${name}: "${text}" ${result.error.issues[0]?.message ?? "is not valid"}. ${remedy(name)}`);
  }

  const scenario = scenarioNames.find((name) => name === values.scenario);
  const phases = scenario === undefined ? [] : readPhases(scenario, raw, values, problems);
  if (values.logAnswers === true && values.countAnswers === false) {
    problems.push(
      "logAnswers: true needs the answers to be looked at. Set countAnswers to true, or leave logAnswers out.",
    );
  }
  if (problems.length > 0 || scenario === undefined) throw new SettingsError(problems);

  const isUsed = (name: SettingName): boolean => {
    const spec: SettingSpec = settingTable[name];
    return spec.usedBy === undefined || spec.usedBy.includes(scenario);
  };
  return {
    ...(values as Read),
    phases,
    used: Object.fromEntries(
      settingNames.filter(isUsed).map((name) => [name, raw[name] ?? String(settingTable[name].default)]),
    ),
    // A default says nothing: Pulumi.yaml gives every setting one.
    unused: settingNames.filter(
      (name) => !isUsed(name) && (raw[name] ?? "") !== "" && raw[name] !== String(settingTable[name].default),
    ),
  };
}

function readPhases(
  scenario: ScenarioName,
  raw: Readonly<Record<string, string>>,
  values: Partial<Record<SettingName, unknown>>,
  problems: string[],
): readonly Phase[] {
  const duration = typeof values.duration === "number" ? values.duration : 30;
  const rate = typeof values.rate === "number" ? values.rate : 0;
  const text = raw["phases"] ?? "";
  const result = parsePhases(text === "" ? defaultPhases(scenario, rate) : text, scenario, duration);
  if ("problem" in result) {
    problems.push(`phases: "${text}" ${result.problem}. ${remedy("phases")}`);
    return [];
  }
  const names = result.value.map((phase) => phase.phase);
  if (names.includes("half") && values.baseRate === 0) {
    problems.push(
      'phases: "half" needs the base path\'s rate. Set baseRate in bit/s (the goodput of a base run), or use a campaign: `lab run` measures it first.',
    );
  }
  if (names.includes("open") && rate === 0) {
    problems.push('phases: "open" needs a rate. Set rate in requests per second, such as -c rate=2000.');
  }
  if (rate > 0 && scenario === "ingress" && !names.includes("open")) {
    problems.push(`rate: "${rate}" has no open phase to use it. Add open to phases, or leave rate out.`);
  }
  if (!names.some((name) => loadPhases[scenario].includes(name))) {
    problems.push(`phases: "${text}" has no load. Add one of ${loadPhases[scenario].join(", ")}.`);
  }
  return result.value;
}

function defaultPhases(scenario: ScenarioName, rate: number): string {
  switch (scenario) {
    case "egress":
      return "idle:5s,unloaded:5s,saturated";
    case "ingress":
      return rate > 0 ? "idle:5s,open" : "idle:5s,closed";
  }
}

function remedy(name: SettingName): string {
  return `Set it with -c ${name}=…, in the stack's file or in the campaign; the default is "${String(settingTable[name].default)}".`;
}

function nearest(name: string): string {
  const lower = name.toLowerCase();
  const found = settingNames.find((known) => known.toLowerCase().startsWith(lower.slice(0, 3)));
  return found === undefined ? "" : `Did you mean ${found}? `;
}

function listed(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}
