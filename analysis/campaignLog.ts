/**
 * Where the time of a campaign went and what happened in it: `events.jsonl` of a bundle, one JSON object a line, appended by the
 * runner and the same as what `lab run --json` prints. The analysis needs `span` lines only; the others are for people.
 */
import { z } from "zod";

/** One stretch of a campaign's time. Spans do not overlap within one lab. */
const span = z.object({
  event: z.literal("span"),
  /** End of the span, seconds since the epoch. */
  t_s: z.number(),
  seconds: z.number().min(0),
  /** `load` is the run's own phases with warm-up; `up` is what the engine needs around them. */
  what: z.enum(["setup", "build", "up", "load", "collect", "calibrate", "repair", "destroy", "wait"]),
  lab: z.string(),
  run: z.string().nullable(),
  cell: z.string().nullable(),
});

export const campaignLogLine = z.union([span, z.looseObject({ event: z.string(), t_s: z.number() })]);
export const spanSchema = span;
export type Span = z.infer<typeof span>;
