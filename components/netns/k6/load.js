/*
 * The k6 load: a closed model (virtual users) or an open one (constant arrival rate).
 *
 * Counting. Each virtual user counts answers by second and backend, and latencies by histogram bucket, in plain arrays
 * of its own JavaScript runtime: no sample of a custom metric, no line for each answer. It writes its counts as one line
 * now and then (`flush`), so the cost for each answer is about a microsecond. Exactness at the end:
 *  - closed: after the measured part comes a short tail in which every virtual user still sends; each flushes at its
 *    first answer in the tail and at each one after that.
 *  - open: a virtual user may get no iteration in a tail, so a second scenario runs `drain` once in each of them, after
 *    the first has ended for certain (k6 gives it the same virtual users).
 * The sum over all lines is k6's own number of requests; the analysis checks it.
 *
 * Runs on k6 1.x and 2.x. Settings come by environment.
 */
import http from "k6/http";
import exec from "k6/execution";

const url = __ENV.URL;
const warmup = Number(__ENV.WARMUP);
const duration = Number(__ENV.DURATION);
const vus = Number(__ENV.VUS);
const rate = Number(__ENV.RATE);
const timeout = Number(__ENV.TIMEOUT);
const counting = __ENV.COUNT === "true";
const logging = __ENV.LOG === "true";
const names = __ENV.BACKENDS.split(",");

const tailSeconds = 0.25;
const flushEverySeconds = 20;
const params = { timeout: `${timeout}s`, responseCallback: null };

const scenarios =
  rate > 0
    ? {
        open: {
          executor: "constant-arrival-rate",
          exec: "request",
          rate,
          timeUnit: "1s",
          duration: `${warmup + duration}s`,
          preAllocatedVUs: vus,
          maxVUs: vus,
          gracefulStop: `${timeout}s`,
        },
        drain: {
          executor: "per-vu-iterations",
          exec: "drain",
          vus,
          iterations: 1,
          startTime: `${warmup + duration + timeout}s`,
          maxDuration: "30s",
          gracefulStop: "0s",
        },
      }
    : {
        closed: {
          executor: "constant-vus",
          exec: "request",
          vus,
          duration: `${warmup + duration + tailSeconds}s`,
          gracefulStop: `${timeout + 1}s`,
        },
      };

export const options = {
  scenarios,
  // Fewer tags make k6 itself cheaper; none of the left out ones is read.
  systemTags: ["status", "scenario", "expected_response"],
  summaryTrendStats: ["count", "avg", "min", "med", "p(90)", "p(99)", "max"],
};

// Arrays of this virtual user. Bodies are looked up whole: an answer is a backend's name and a newline.
const indexOf = {};
names.forEach((name, index) => {
  indexOf[`${name}\n`] = index;
});
const width = names.length + 1; // the last column is "no backend answered"
let startMs = 0;
let base = 0; // first second in `requests`
let requests = [];
let errors = [];
let histogram = [];
let answers = [];
let lastFlush = 0;

/** Bucket of a latency in microseconds: 32 for each power of two, one each below 32. */
function bucket(us) {
  if (us < 32) return us;
  const exponent = 31 - Math.clz32(us);
  return (exponent - 4) * 32 + ((us >>> (exponent - 5)) & 31);
}

function flush(second) {
  const counts = [];
  for (let i = 0; i < requests.length; i++) {
    if (requests[i] === undefined) continue;
    const column = i % width;
    counts.push([base + Math.floor(i / width), column === width - 1 ? -1 : column, requests[i], errors[i] || 0]);
  }
  const buckets = [];
  for (let b = 0; b < histogram.length; b++) if (histogram[b] !== undefined) buckets.push([b, histogram[b]]);
  if (counts.length > 0) {
    console.log(JSON.stringify({ vu: exec.vu.idInTest, start_ms: startMs, c: counts, h: buckets }));
  }
  if (answers.length > 0) console.log(answers.join("\n"));
  base = second;
  requests = [];
  errors = [];
  histogram = [];
  answers = [];
  lastFlush = second;
}

export function request() {
  const response = http.get(url, params);
  if (!counting) return;
  if (startMs === 0) startMs = exec.scenario.startTime;
  const offset = Date.now() - startMs;
  const second = Math.floor(offset / 1000);
  const found = indexOf[response.body];
  const at = (second - base) * width + (found === undefined ? width - 1 : found);
  requests[at] = (requests[at] || 0) + 1;
  if (found === undefined || response.status !== 200) errors[at] = (errors[at] || 0) + 1;
  else if (second >= warmup && second < warmup + duration) {
    const b = bucket(Math.round(response.timings.duration * 1000));
    histogram[b] = (histogram[b] || 0) + 1;
  }
  if (logging) answers.push(`${offset} ${found === undefined ? -1 : found}`);
  if (second - lastFlush >= flushEverySeconds || (rate === 0 && second >= warmup + duration)) flush(second);
}

export function drain() {
  if (counting) flush(0);
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}
