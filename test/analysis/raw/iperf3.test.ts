import { describe, expect, it } from "vitest";
import { iperfWindow, parseIperfClient } from "../../../analysis/raw/iperf3Client.ts";
import { parseIperfServer } from "../../../analysis/raw/iperf3Server.ts";
import { AnalysisError } from "../../../analysis/errors.ts";
import { fixture } from "../../support/fixtures.ts";

const client = (name: string) => parseIperfClient(fixture(name), { file: name });
const server = (name: string) => parseIperfServer(fixture(name), { file: name });

describe("iperf3 client JSON", () => {
  it("reads 3.12: goodput at the receiver, RTT without the omitted second, all bytes sent", () => {
    const test = client("runs/egress-gateway/iperf3-saturated.json");
    expect(test).toMatchObject({
      state: "done",
      version: "iperf 3.12",
      port: 5201,
      streams: 1,
      start_exact: false,
      omit_s: 1,
      seconds: 2.997192,
      goodput: 10732778662.980263,
      bytes_sent: 5403049984,
    });
    if (test.state === "failed") return;
    expect(test.retransmits).toBeCloseTo(270 / 2.997192, 9);
    expect(test.rtt_s).toBeCloseTo((435 + 325 + 126) / 3 / 1e6, 12);
  });

  it("reads 3.21: several streams, start in milliseconds", () => {
    const test = client("iperf3/client-3.21.json");
    expect(test).toMatchObject({ state: "done", streams: 2, omit_s: 1, start_exact: true, start_s: 1795382667.79 });
    if (test.state === "failed") return;
    expect(iperfWindow(test, 0)).toEqual({ start_s: 1795382668.79, end_s: 1795382668.79 + test.seconds });
  });

  it("reads UDP, which has neither RTT nor retransmits", () => {
    expect(client("iperf3/client-udp-3.12.json")).toMatchObject({ state: "done", rtt_s: null, retransmits: null });
  });

  it("takes the start from the phase, held within the second that 3.12 tells", () => {
    const test = client("runs/egress-gateway/iperf3-saturated.json");
    if (test.state === "failed") throw new Error("unexpected");
    const omitted = test.start_s + test.omit_s;
    expect(iperfWindow(test, test.start_s + 0.4).start_s).toBeCloseTo(omitted + 0.4, 6);
    expect(iperfWindow(test, test.start_s - 5).start_s).toBeCloseTo(omitted, 6);
    expect(iperfWindow(test, test.start_s + 5).start_s).toBeCloseTo(omitted + 0.999, 6);
  });

  it.each([
    ["iperf3/busy.json", "the server is busy running a test. try again later"],
    ["iperf3/refused.json", "unable to connect to server: Connection refused"],
    ["iperf3/terminated.json", "interrupt - the client has terminated"],
    ["iperf3/server-killed.json", "control socket has closed unexpectedly"],
  ])("gives the tool's own error of %s", (name, error) => {
    expect(client(name)).toEqual({ state: "failed", error });
  });

  it("says that the output of a killed client is empty", () => {
    expect(() => client("iperf3/killed.json")).toThrow(/^iperf3\/killed\.json: is empty\. /);
  });

  it("names the JSON path of a foreign file", () => {
    const text = JSON.stringify({ start: { connected: [] }, intervals: [], end: {} });
    expect(() => parseIperfClient(text, { file: "x.json" })).toThrow(
      /^x\.json: start\.connected: .*The file is cut off/,
    );
    expect(() => parseIperfClient("[1]", { file: "x.json" })).toThrow(AnalysisError);
  });

  it("names the line of a mistake", () => {
    const text = fixture("runs/egress-gateway/iperf3-half.json").replace('"connected":', '"connected"');
    expect(() => parseIperfClient(text, { file: "x.json" })).toThrow(
      /^x\.json: line 3, column \d+: is not whole JSON\. /,
    );
  });
});

describe("iperf3 server log", () => {
  it("has a control connection and the streams of each test, and the server's own end", () => {
    const tests = server("runs/egress-gateway/iperf3-server.jsonl");
    expect(tests).toHaveLength(4);
    expect(tests[3]).toMatchObject({ control: null, streams: [] });
    for (const { control, streams, error } of tests.slice(0, 3)) {
      expect(control?.address).toBe("10.77.1.9");
      expect(streams.map(({ address }) => address)).toEqual(["10.77.1.9"]);
      expect(error).toBeNull();
    }
  });

  it("reads errors, a warning between documents and a bare connect", () => {
    expect(
      server("iperf3/server-3.12.log").map(({ control, streams, error }) => [control === null, streams.length, error]),
    ).toEqual([
      [false, 1, null],
      [false, 1, "the client has terminated"],
      [false, 1, "the client has unexpectedly closed the connection"],
      [true, 0, "error - unable to receive parameters from client: Bad file descriptor"],
    ]);
  });

  it("reads 3.21 with two streams and the server's own end", () => {
    expect(server("iperf3/server-3.21.log").map(({ streams }) => streams.length)).toEqual([2, 0]);
  });

  it("takes IPv4 addresses out of IPv6 sockets", () => {
    const text = fixture("iperf3/server-udp-3.12.log").replaceAll("10.77.1.9", "::ffff:10.77.1.9");
    expect(parseIperfServer(text, { file: "x" })[0]?.control?.address).toBe("10.77.1.9");
  });

  it("takes an empty log as no test and refuses a cut or foreign one with its line", () => {
    expect(parseIperfServer("", { file: "x" })).toEqual([]);
    const text = fixture("runs/egress-gateway/iperf3-server.jsonl").trimEnd();
    expect(() => parseIperfServer(text.slice(0, -1), { file: "x.log" })).toThrow(
      /^x\.log: line \d+: the last test is cut off/,
    );
    expect(() => parseIperfServer("hello\n", { file: "x.log" })).toThrow(/^x\.log: line 1: is no output of iperf3/);
  });
});
