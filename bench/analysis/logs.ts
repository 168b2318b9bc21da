/** k6 logs of any length, written a second at a time. */
import { createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { seededRandom } from "../../analysis/statistics/random.ts";

const random = seededRandom(1);

/** The load's own log: one `<offset_ms> <backend>` a line, 60/40 at random. */
export function writeAnswers(path: string, lines: number, perSecond: number): Promise<void> {
  return write(path, answers(lines, perSecond));
}

export function* answers(lines: number, perSecond: number): Generator<string> {
  for (let written = 0; written < lines; written += perSecond) {
    const second = written / perSecond;
    const block = Array.from(
      { length: Math.min(perSecond, lines - written) },
      (_, index) => `${second * 1000 + Math.floor((index * 1000) / perSecond)} ${random() < 0.6 ? 0 : 1}\n`,
    );
    yield block.join("");
  }
}

/** What k6 writes for each answer (`--out json`), besides its count. */
const samples = [
  "http_req_blocked",
  "http_req_connecting",
  "http_req_tls_handshaking",
  "http_req_sending",
  "http_req_waiting",
  "http_req_receiving",
  "http_req_failed",
  "data_sent",
  "data_received",
  "iterations",
];

/** k6's own stream: about a dozen lines for each answer. */
export function writeStream(path: string, lines: number, perSecond: number): Promise<void> {
  return write(path, stream(lines, perSecond));
}

function* stream(lines: number, perSecond: number): Generator<string> {
  const start = Date.UTC(2026, 0, 1);
  const point = (metric: string, time: string, value: number, tags: object): string =>
    `${JSON.stringify({ metric, type: "Point", data: { time, value, tags } })}\n`;
  const answer = { expected_response: "true", scenario: "closed", status: "200" };
  const each = samples.length + 3;
  for (let written = 0, second = 0; written < lines; written += perSecond * each, second++) {
    const block: string[] = [];
    for (let index = 0; index < Math.min(perSecond, (lines - written) / each); index++) {
      const time = new Date(start + second * 1000 + (index * 1000) / perSecond).toISOString();
      block.push(point("http_reqs", time, 1, answer), point("http_req_duration", time, 0.2 + random(), answer));
      block.push(...samples.map((metric) => point(metric, time, 0.012345, answer)));
      block.push(point("backend_hits", time, 1, { backend: random() < 0.6 ? "echo-1" : "echo-2", scenario: "closed" }));
    }
    yield block.join("");
  }
}

function write(path: string, blocks: Iterable<string>): Promise<void> {
  return pipeline(Readable.from(blocks), createWriteStream(path));
}
