/** timeline.json: when the load's phases ran and how the load ended. */
import { z } from "zod";
import { parseJson, type Source } from "./text.ts";

const timelineSchema = z.object({
  schema: z.literal(1),
  started_s: z.number(),
  finished_s: z.number(),
  phases: z.array(z.object({ phase: z.string(), start_s: z.number(), end_s: z.number() })),
  outcome: z.object({ ok: z.boolean(), error: z.string() }),
  restarted: z.array(z.string()),
});

export type Timeline = z.infer<typeof timelineSchema>;

/** Throws AnalysisError with the JSON path. */
export function parseTimeline(text: string, source: Source): Timeline {
  return parseJson(timelineSchema, text, source);
}
