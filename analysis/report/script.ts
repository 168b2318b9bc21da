/** The report's one script, and the policy that lets nothing else run and nothing be loaded. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Text of page.js, as it stands in the report. */
export const script = readFileSync(new URL("page.js", import.meta.url), "utf8").trim();

/**
 * Content security policy of the report: the one script by its hash, style of its own, no address at all. A text of a bundle
 * that got into the markup could still not run. https://www.w3.org/TR/CSP3/
 */
export const policy = [
  "default-src 'none'",
  `script-src 'sha256-${createHash("sha256").update(script).digest("base64")}'`,
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");
