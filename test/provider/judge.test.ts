import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judge, type ToolEnd } from "../../provider/judge.ts";
import { fixture } from "../support/fixtures.ts";

const ended = (status: number | null, stdout = "", stderr = "", signal: string | null = null): ToolEnd => ({
  status,
  signal,
  stdout,
  stderr,
});

describe("iperf3", () => {
  const whole = fixture("runs/egress-gateway/iperf3-saturated.json");

  it("is fine when its JSON is whole and says what was received", () => {
    expect(judge("iperf3", ended(0, whole))).toEqual({ ok: true });
    expect(judge("iperf3", ended(0, fixture("iperf3/client-3.21.json")))).toEqual({ ok: true });
  });

  it("failed when it says so, even with exit status 0, as releases 3.10 to 3.13 give it", () => {
    expect(judge("iperf3", ended(0, fixture("iperf3/refused.json")))).toEqual({
      ok: false,
      busy: false,
      error: "iperf3: unable to connect to server: Connection refused",
    });
  });

  it("may be tried again when the server is busy", () => {
    expect(judge("iperf3", ended(0, fixture("iperf3/busy.json")))).toMatchObject({ ok: false, busy: true });
  });

  it("failed when it was terminated or killed in the middle", () => {
    expect(judge("iperf3", ended(1, fixture("iperf3/terminated.json")))).toMatchObject({
      ok: false,
      error: "iperf3: interrupt - the client has terminated",
    });
    expect(judge("iperf3", ended(null, fixture("iperf3/killed.json"), "", "SIGKILL"))).toMatchObject({
      ok: false,
      error: "iperf3 was ended by SIGKILL and its JSON is cut off or missing",
    });
    expect(judge("iperf3", ended(0, fixture("iperf3/server-killed.json")))).toMatchObject({ ok: false });
  });

  it("never passes, and never crashes, on output that is cut off", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: whole.trimEnd().length - 1 }), (length) => {
        expect(judge("iperf3", ended(0, whole.slice(0, length))).ok).toBe(false);
      }),
      { numRuns: 60 },
    );
  });
});

describe("k6", () => {
  it("is fine with 0, and with 99: measured, a threshold missed", () => {
    expect(judge("k6", ended(0))).toEqual({ ok: true });
    expect(judge("k6", ended(99))).toEqual({ ok: true });
  });

  it("tells what another exit code means, with its last words", () => {
    expect(judge("k6", ended(107, "", 'level=error msg="GoError: no such file"\n'))).toEqual({
      ok: false,
      busy: false,
      error: 'k6 ended with exit status 107 (the script threw an exception): level=error msg="GoError: no such file"',
    });
    expect(judge("k6", ended(255))).toMatchObject({ error: "k6 ended with exit status 255" });
  });
});

describe("others", () => {
  it("are judged by their exit status", () => {
    expect(judge("exit", ended(0, "{"))).toEqual({ ok: true });
    expect(judge("exit", ended(2, "out", "err"))).toMatchObject({ ok: false, error: "ended with exit status 2: err" });
    expect(judge("exit", ended(null, "", "", "SIGTERM"))).toMatchObject({ error: "was ended by SIGTERM" });
  });
});
