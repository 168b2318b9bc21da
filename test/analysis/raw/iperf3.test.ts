import { describe, expect, it } from "vitest";
import { iperfWindow, parseIperfClient } from "../../../analysis/raw/iperf3Client.ts";
import { parseIperfServer } from "../../../analysis/raw/iperf3Server.ts";
import { AnalysisError } from "../../../analysis/errors.ts";
import { fixture } from "../../support/fixtures.ts";

const client = (name: string) => parseIperfClient(fixture(name), { file: name });
const server = (name: string) => parseIperfServer(fixture(name), { file: name });

/** A second at 8 Gbit/s. */
function intervalOf39(start: number, rtt: number, omitted: boolean) {
  const sum = { start, end: start + 1, seconds: 1, bytes: 1e9, bits_per_second: 8e9, retransmits: 3 };
  return {
    streams: [{ socket: 5, ...sum, snd_cwnd: 1408000, rtt, rttvar: 44, pmtu: 1460, omitted, sender: true }],
    sum: { ...sum, omitted, sender: true },
  };
}

const clientOf39 = {
  start: {
    connected: [
      { socket: 5, local_host: "10.77.1.9", local_port: 40346, remote_host: "10.77.9.20", remote_port: 5201 },
    ],
    version: "iperf 3.9",
    system_info: "Linux client 5.10.0-8-amd64 #1 SMP Debian 5.10.46-4 x86_64",
    timestamp: { time: "Thu, 14 Oct 2021 04:17:17 UTC", timesecs: 1634185037 },
    connecting_to: { host: "10.77.9.20", port: 5201 },
    cookie: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ...{ tcp_mss_default: 1408, sock_bufsize: 0, sndbuf_actual: 16384, rcvbuf_actual: 87380 },
    test_start: {
      ...{ protocol: "TCP", num_streams: 1, blksize: 131072, omit: 1, duration: 2 },
      ...{ bytes: 0, blocks: 0, reverse: 0, tos: 0 },
    },
  },
  intervals: [intervalOf39(0, 900, true), intervalOf39(0, 200, false), intervalOf39(1, 400, false)],
  end: {
    streams: [],
    sum_sent: { start: 0, end: 2, seconds: 2, bytes: 2e9, bits_per_second: 8e9, retransmits: 7, sender: true },
    sum_received: { start: 0, end: 2.002, seconds: 2.002, bytes: 1.977e9, bits_per_second: 7.9e9, sender: true },
    cpu_utilization_percent: { host_total: 5.8, host_user: 0.2, host_system: 5.6, remote_total: 16.6 },
    ...{ sender_tcp_congestion: "cubic", receiver_tcp_congestion: "cubic" },
  },
};

const pretty = (value: object): string => JSON.stringify(value, null, "\t").replaceAll('": ', '":\t');

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

  /**
   * Written by hand after published files of iperf 3.9, with values of our own: time in whole seconds only, no target bitrate,
   * `pmtu` and `rttvar` with each interval, interval times that start anew after the omitted part, tabs after colons.
   */
  it("reads 3.9: no milliseconds, no target bitrate, times that start anew after the omitted second", () => {
    const text = pretty(clientOf39);
    expect(text).not.toMatch(/timemillisecs|target_bitrate|max_snd_wnd/);
    const test = parseIperfClient(text, { file: "client-3.9.json" });
    expect(test).toMatchObject({
      ...{ state: "done", version: "iperf 3.9", port: 5201, streams: 1, omit_s: 1, seconds: 2, start_s: 1634185037 },
      ...{ start_exact: false, goodput: 7.9e9, retransmits: 3.5, bytes_sent: 3e9, rtt_s: 0.0003 },
    });
    if (test.state === "failed") return;
    expect(test.intervals).toEqual([
      { rate: 8e9, rtt_s: 0.0002 },
      { rate: 8e9, rtt_s: 0.0004 },
    ]);
    expect(iperfWindow(test, 1634185037.25)).toEqual({ start_s: 1634185038.25, end_s: 1634185040.25 });
  });

  it("reads the server's log of 3.9, which has the same form", () => {
    const { start } = clientOf39;
    const log = pretty({
      start: {
        ...{ connected: [{ ...start.connected[0], remote_host: "10.77.1.9", remote_port: 40346 }] },
        ...{ version: start.version, accepted_connection: { host: "10.77.1.9", port: 40344 } },
      },
      intervals: [],
      end: {},
    });
    expect(parseIperfServer(log, { file: "server-3.9.log" })).toEqual([
      {
        control: { address: "10.77.1.9", port: 40344 },
        streams: [{ address: "10.77.1.9", port: 40346 }],
        error: null,
      },
    ]);
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
