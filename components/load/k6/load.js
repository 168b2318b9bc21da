/*
 * The k6 load: a closed model (virtual users) or an open one (constant arrival rate).
 *
 * Counting. Each virtual user counts answers by second and backend, and latencies by histogram bucket, in plain arrays
 * of its own JavaScript runtime: no sample of a custom metric, no line for each answer. It writes its counts as one line
 * now and then (`flush`), so counting costs some five of the about seventy microseconds that k6 needs for an answer.
 * Exactness at the end:
 *  - closed: after the measured part comes a short tail; each virtual user writes its counts at its first answer in the
 *    tail and sends nothing more.
 *  - open: a virtual user may get no iteration in a tail, so a second scenario runs `drain` once in each of them, after
 *    the first has ended for certain (k6 gives it the same virtual users).
 * The sum over all lines is k6's own number of requests; the analysis checks it.
 *
 * Runs on k6 1.x and 2.x. Settings come by environment.
 */
import http from "k6/http";
import exec from "k6/execution";
import { sleep } from "k6";

const url = __ENV.URL;
const warmup = Number(__ENV.WARMUP);
const duration = Number(__ENV.DURATION);
const vus = Number(__ENV.VUS);
const rate = Number(__ENV.RATE);
const timeout = Number(__ENV.TIMEOUT);
const counting = __ENV.COUNT === "true";
const logging = __ENV.LOG === "true";
const names = __ENV.BACKENDS.split(",");

const tailSeconds = counting ? 0.1 : 0;
/*
 * Reading an answer's timings costs more than all the rest of the counting (k6 wraps them anew each time). A closed load
 * that is fast therefore times every eighth answer of each virtual user and counts it eight times; the open model, which
 * latency claims come from, and slow loads time every one.
 */
const fastPerSecond = 2000;
const fastStride = 8;
const flushEverySeconds = 20;
const requestsPerIteration = counting && !(rate > 0) ? 10 : 1;
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

// What this virtual user has counted and not yet written. The path of an answer is kept short: what can wait until the
// second changes is done in `roll`.
const indexOf = {}; // bodies are looked up whole: an answer is a backend's name and a newline
names.forEach((name, index) => {
  indexOf[`${name}\n`] = index;
});
const nobody = names.length; // column of what no backend answered
const measuredFrom = warmup;
const measuredTo = warmup + duration;
let startMs = 0;
let nextMs = 0; // when the current second ends
let second = -1;
let requests = [];
let errors = [];
let rows = []; // [second, backend, requests, errors]
let histogram = emptyHistogram();
let measuring = false; // whether the current second is in the measured part
let inTail = false;
let finished = false;
let measured = false; // whether the histogram has anything
let answered = 0; // in the current second
let stride = 1; // each so many answers one is timed
let untilTimed = 1;
let answers = [];
let lastFlush = 0;

function emptyHistogram() {
  return new Array(1024).fill(0);
}

/** Bucket of a latency in microseconds: 32 for each power of two, one each below 32. */
function bucket(us) {
  if (us < 32) return us;
  const exponent = 31 - Math.clz32(us);
  return (exponent - 4) * 32 + ((us >>> (exponent - 5)) & 31);
}

/** Closes the current second. */
function closeSecond() {
  for (let column = 0; column <= nobody; column++) {
    if (requests[column] > 0) rows.push([second, column === nobody ? -1 : column, requests[column], errors[column]]);
  }
  requests = new Array(nobody + 1).fill(0);
  errors = new Array(nobody + 1).fill(0);
}

/** Goes on to the second of `now`. */
function roll(now) {
  if (startMs === 0) startMs = exec.scenario.startTime;
  closeSecond();
  second = Math.floor((now - startMs) / 1000);
  nextMs = startMs + (second + 1) * 1000;
  measuring = second >= measuredFrom && second < measuredTo;
  inTail = rate === 0 && second >= measuredTo;
  stride = rate === 0 && answered * vus > fastPerSecond ? fastStride : 1;
  untilTimed = Math.min(untilTimed, stride);
  answered = 0;
  if (second - lastFlush >= flushEverySeconds) flush();
}

/** Writes what was counted as one line. */
function flush() {
  closeSecond();
  const buckets = [];
  if (measured) {
    for (let b = 0; b < histogram.length; b++) if (histogram[b] > 0) buckets.push([b, histogram[b]]);
    histogram = emptyHistogram();
    measured = false;
  }
  if (rows.length > 0) {
    console.log(JSON.stringify({ vu: exec.vu.idInTest, start_ms: startMs, c: rows, h: buckets }));
  }
  if (answers.length > 0) console.log(answers.join("\n"));
  rows = [];
  answers = [];
  lastFlush = second;
}

/** One iteration. Several requests in a row in a closed load: each iteration costs k6 more than the counting does. */
export function request() {
  if (finished) {
    sleep(tailSeconds);
    return;
  }
  for (let sent = 0; sent < requestsPerIteration && !finished; sent++) send();
}

function send() {
  const response = http.get(url, params);
  if (!counting) return;
  const now = Date.now();
  if (now >= nextMs) roll(now);
  const backend = indexOf[response.body];
  const column = backend === undefined ? nobody : backend;
  requests[column]++;
  answered++;
  // Only a backend's good answer has its name for a body: to read the status too would cost as much again.
  if (backend === undefined) {
    errors[column]++;
  } else if (measuring && --untilTimed === 0) {
    histogram[bucket(Math.round(response.timings.duration * 1000))] += stride;
    measured = true;
    untilTimed = stride;
  }
  if (logging) answers.push(`${now - startMs} ${backend === undefined ? -1 : backend}`);
  if (inTail) {
    flush();
    finished = true;
  }
}

export function drain() {
  if (counting && startMs !== 0) flush();
}

export function handleSummary(data) {
  return { [__ENV.SUMMARY]: JSON.stringify(data) };
}
