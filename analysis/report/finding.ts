import type { Section } from "../figures/index.ts";

/** One thing that the campaign shows, in words. */
export interface Finding {
  readonly section: Section;
  /** One line that stands alone: numbers with interval and n. Plain text. */
  readonly text: string;
  /** What qualifies it; blank when nothing does. */
  readonly detail: string;
  /** `fact`: shown. `caution`: nothing can be concluded, or only with care. `problem`: something did not work. */
  readonly level: "fact" | "caution" | "problem";
  /** Id of the part of the report with the evidence. */
  readonly evidence: string;
}
