// Adds up vitest's JSON reports: `node .ci/count.mjs <status so far> <report>...` prints `N passed, N failed, N skipped`.
// Ends with 1 when something failed, when a report is missing, or when no test ran.
import { readFileSync } from "node:fs";

const [status, ...files] = process.argv.slice(2);
const total = { passed: 0, failed: 0, skipped: 0 };
for (const file of files) {
  try {
    const report = JSON.parse(readFileSync(file, "utf8"));
    total.passed += report.numPassedTests;
    total.failed += report.numFailedTests;
    total.skipped += report.numPendingTests + report.numTodoTests;
  } catch (error) {
    console.error(`no report of a test run: ${error.message}`);
    total.failed += 1;
  }
}
// A file that does not load, set-up or a global teardown fails without a failed test.
if (status !== "0" && total.failed === 0) total.failed = 1;
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
