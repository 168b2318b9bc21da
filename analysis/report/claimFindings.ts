import { judgeClaims } from "../claims.ts";
import { list } from "../figures/format.ts";
import type { View } from "../figures/view.ts";
import type { Finding } from "./finding.ts";
import { claimSummary } from "./words.ts";

/** What came of the claims that the campaign tests, in one sentence. */
export function claimFindings({ bundle }: View): Finding[] {
  const claims = judgeClaims(bundle.plan, bundle.tables.comparisons);
  if (claims.length === 0) return [];
  const refuted = claims.filter(({ verdict }) => verdict === "refuted").map(({ text }) => text);
  const open = claims.every(({ verdict }) => verdict === "not enough data");
  return [
    {
      section: "quality",
      text: `Claims: ${claimSummary(claims).replace(/\.$/, "")}`,
      detail: refuted.length === 0 ? "" : `Refuted: ${list(refuted)}.`,
      level: open ? "caution" : "fact",
      evidence: "claims",
    },
  ];
}
