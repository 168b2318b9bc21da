/** What a seed decides: which campaign, whom a kill hits, by which signal, at which moment. Pure. */
import { seededRandom } from "../../../analysis/statistics/random.ts";

export type Victim = "runner" | "engine" | "provider" | "load";

/** When a kill strikes. Events are those of the file system, so that it can fall between a write and its rename. */
export type Moment =
  /** Seconds after the command began. */
  | { readonly at: "time"; readonly seconds: number }
  /** At the so many-th change in the folder of the engine's state. */
  | { readonly at: "state"; readonly event: number }
  /** At the so many-th change in the bundle's folder of runs: a run's folder made, filled, renamed. */
  | { readonly at: "runs"; readonly event: number }
  /** At the so many-th change among the locks, ours and the engine's. */
  | { readonly at: "locks"; readonly event: number }
  /** When so many namespaces of the lab exist. */
  | { readonly at: "build"; readonly namespaces: number }
  /** Seconds after a load has begun. */
  | { readonly at: "load"; readonly seconds: number }
  /** Seconds after the taking down has begun. */
  | { readonly at: "destroy"; readonly seconds: number };

export interface Kill {
  readonly victim: Victim;
  /** One after the other, a moment apart: a second Ctrl-C asks to stop at once. */
  readonly signals: readonly NodeJS.Signals[];
  readonly moment: Moment;
}

export interface KillPlan {
  readonly seed: number;
  readonly campaign: string;
  /** The campaign file. */
  readonly file: string;
  /** Its stacks. */
  readonly stacks: readonly string[];
  readonly kills: readonly Kill[];
}

/** Short campaigns of two runs: one lab that stays, two paths in a lab, two labs that are built for each block. */
const shapes = [
  {
    labs: ["egress"],
    text: "blocks: 2\ncells:\n  - { scenario: egress, phases: 'saturated:3s' }\n",
  },
  {
    labs: ["egress"],
    text: "blocks: 1\ncells:\n  - { scenario: egress, path: [base, gateway], phases: 'saturated:3s' }\n",
  },
  {
    labs: ["egress", "ingress"],
    text: [
      "blocks: 1\nreplication: rebuild\ncells:",
      "  - { scenario: egress, phases: 'saturated:3s' }",
      "  - { scenario: ingress, gateway: nginx, vus: 1, phases: 'closed:3s' }\n",
    ].join("\n"),
  },
] as const;

const moments: Readonly<Record<Victim, readonly Moment["at"][]>> = {
  runner: ["time", "state", "runs", "locks", "build", "load", "destroy"],
  engine: ["state", "state", "build", "load", "destroy"],
  provider: ["build", "load", "destroy"],
  load: ["load"],
};

const signals: readonly (readonly NodeJS.Signals[])[] = [
  ...Array.from({ length: 6 }, () => ["SIGKILL"] as const),
  ...([["SIGINT"], ["SIGTERM"], ["SIGINT", "SIGINT"]] as const),
];

/** The same plan for the same seed. */
export function killPlan(seed: number): KillPlan {
  const random = seededRandom(seed);
  const oneOf = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const upTo = (most: number): number => 1 + Math.floor(random() * most);
  const shape = oneOf(shapes);
  const campaign = `kills-${seed}`;
  const moment = (victim: Victim): Moment => {
    const at = oneOf(moments[victim]);
    switch (at) {
      case "time":
        return { at, seconds: random() * 15 };
      case "state":
        return { at, event: upTo(60) };
      case "runs":
        return { at, event: upTo(8) };
      case "locks":
        return { at, event: upTo(12) };
      case "build":
        return { at, namespaces: upTo(8) };
      case "load":
        return { at, seconds: random() * 3 };
      case "destroy":
        return { at, seconds: random() * 2 };
    }
  };
  const kills = Array.from({ length: upTo(4) }, (): Kill => {
    const victim = random() < 0.5 ? "runner" : oneOf(["engine", "provider", "load"] as const);
    return { victim, signals: victim === "runner" ? oneOf(signals) : ["SIGKILL"], moment: moment(victim) };
  });
  return {
    seed,
    campaign,
    file: `name: ${campaign}\nseed: ${seed}\nsettings: { warmup: 0s }\n${shape.text}`,
    stacks: shape.labs.map((scenario) => `${campaign}-netns-kernel-${scenario}`),
    kills,
  };
}

/** In words, for who has to find out what went wrong. */
export function describeKill({ victim, signals: sent, moment }: Kill): string {
  const { at, ...when } = moment;
  const [[unit, value]] = Object.entries(when) as [[string, number]];
  return `${sent.join(" and ")} to the ${victim} at ${at} (${unit} ${Number(value.toFixed(2))})`;
}
