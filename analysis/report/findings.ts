/** What a campaign shows, in words: the headlines first, one of each question. */
import type { Bundle } from "../bundle.ts";
import { viewOf } from "../figures/view.ts";
import {
  egressCostFindings,
  goodputFindings,
  proofFindings,
  retransmitFindings,
  rttFindings,
} from "./egressFindings.ts";
import { algorithmFindings } from "./algorithmFindings.ts";
import { claimFindings } from "./claimFindings.ts";
import type { Finding } from "./finding.ts";
import {
  errorFindings,
  ingressCostFindings,
  latencyFindings,
  requestsFindings,
  splitFindings,
} from "./ingressFindings.ts";
import { kernelFindings } from "./kernelFindings.ts";
import { bedFindings, quietFindings, shapeFindings, validityFindings, voidFindings } from "./qualityFindings.ts";

/** Questions in the order of their weight; the first finding of each is a headline. */
const topics = [
  claimFindings,
  goodputFindings,
  proofFindings,
  requestsFindings,
  splitFindings,
  kernelFindings,
  bedFindings,
  quietFindings,
  validityFindings,
  rttFindings,
  latencyFindings,
  algorithmFindings,
  egressCostFindings,
  ingressCostFindings,
  retransmitFindings,
  errorFindings,
  voidFindings,
  shapeFindings,
];

/** All findings: the first of each topic, then the rest. A campaign that went wrong as a whole says so first. */
export function findings(bundle: Bundle): Finding[] {
  const view = viewOf(bundle);
  const found = topics.map((topic) => topic(view));
  const all = [...found.flatMap((topic) => topic.slice(0, 1)), ...found.flatMap((topic) => topic.slice(1))];
  const useless = bundle.records.every(({ measured }) => !measured.validity.valid);
  return useless ? all.toSorted((a, b) => Number(b.section === "quality") - Number(a.section === "quality")) : all;
}

/** The first findings as plain lines for a terminal. */
export function findingLines(bundle: Bundle, most = 5): string[] {
  return findings(bundle)
    .slice(0, most)
    .map(({ text }) => text);
}
