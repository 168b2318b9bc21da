/** What one setting is, and the readers that settings are made of. Pure. */
import { z } from "zod";
import { parseDuration } from "../values.ts";

export const scenarioNames = ["egress", "ingress"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

export const environmentNames = ["netns", "local", "aks", "existing"] as const;
export type EnvironmentName = (typeof environmentNames)[number];

/** Environments with a cluster. */
export const clusters = ["local", "aks", "existing"] as const;

export const cniNames = ["kernel", "cilium", "antrea"] as const;
export type CniName = (typeof cniNames)[number];

/** One setting: as Pulumi.yaml declares it, and what a value must be. */
export interface SettingSpec {
  readonly type: "string" | "integer" | "boolean";
  readonly default: string | number | boolean;
  readonly description: string;
  /** Scenarios that use it; all when absent. */
  readonly usedBy?: readonly ScenarioName[];
  /** Environments that use it; all when absent. */
  readonly environments?: readonly EnvironmentName[];
  /** Network plugins that use it; all when absent. */
  readonly cnis?: readonly CniName[];
  /** Whether its value never goes into records, outputs or logs. */
  readonly secret?: boolean;
  /** Reads the text of a value; issues say what is allowed. */
  readonly read: z.ZodType<unknown, string>;
}

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be ${listed(values)}` });

export const whole = (min: number, max: number, unit: string) =>
  z
    .string()
    .regex(/^-?\d+$/, `must be a whole number of ${unit} from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `must be a whole number of ${unit} from ${min} to ${max}`);

export const flag = z.enum(["true", "false"], { error: "must be true or false" }).transform((text) => text === "true");

export const duration = (min: number, max: number) =>
  z.string().transform((text, context) => {
    const seconds = parseDuration(text);
    if (seconds === undefined || seconds < min || seconds > max) {
      context.addIssue(`must be a duration from ${min}s to ${max}s, such as 30s or 2m`);
      return z.NEVER;
    }
    return seconds;
  });

/** A text that matches a pattern; `allowed` says what that is. */
export const matching = (pattern: RegExp, allowed: string) => z.string().regex(pattern, allowed);

/** A string that a parser turns into a value or into the sentence that says what is allowed. */
export const parsed = <T>(parse: (text: string) => { readonly value: T } | { readonly problem: string }) =>
  z.string().transform((text, context) => {
    const result = parse(text);
    if ("problem" in result) {
      context.addIssue(result.problem);
      return z.NEVER;
    }
    return result.value;
  });

export function listed(values: readonly string[]): string {
  return values.length === 1 ? (values[0] ?? "") : `${values.slice(0, -1).join(", ")} or ${values.at(-1) ?? ""}`;
}
