/** The proof of an egress run: what the server, the translating node and the load pod saw. Pure. */
import type { EgressEvidence, Probes, SeenConnection, SourceTally } from "./evidence.ts";
import type { Observation } from "./raw/counters.ts";
import type { SetElement, Tally } from "./raw/nft.ts";
import type { RawRun } from "./raw/readRun.ts";
import type { RunOutput } from "./record.ts";

type Expected = NonNullable<RunOutput["expected"]>;

/** Counters of one table over the run: first against last observation. */
interface Change {
  readonly counters: ReadonlyMap<string, Tally>;
  readonly sets: ReadonlyMap<string, readonly SetElement[]>;
  readonly resets: readonly string[];
}

/** Takes together what proves, or disproves, the source address of an egress run. */
export function egressEvidence(
  expected: Expected,
  raw: RawRun,
  startedAt_s: number,
  hasCounters = true,
): EgressEvidence {
  const tests = [...raw.iperf.values()].flatMap((test) => (test.state === "done" ? [test] : []));
  const server = changeOf(raw.observations ?? [], "server");
  const gateway = changeOf(raw.observations ?? [], "gateway");
  const ports = new Set(tests.map(({ port }) => String(port)));
  const connections = server?.sets.get("connections");
  const logged = loggedConnections(expected, raw);
  return {
    expected,
    hasCounters,
    opened: tests.reduce((sum, { streams, controls }) => sum + streams + controls, 0),
    logged,
    counted:
      connections
        ?.filter(({ key: [, , port = ""] }) => ports.has(port))
        .map(({ key: [address = ""] }) => ({ address, expected: expected.source })) ?? null,
    sources: hasCounters
      ? tallySources(server?.sets.get("sources") ?? [], connections ?? [])
      : loggedSources(logged ?? []),
    leakedAtGateway: gateway?.counters.get("leaked")?.packets ?? 0,
    probes: [
      countProbes(raw, expected.server, (runner) => wantedOf(expected, runner).source),
      countProbes(raw, expected.otherServer, (runner) => wantedOf(expected, runner).otherSource),
    ],
    strangers: findStrangers(raw, expected, startedAt_s),
    gateway: gateway?.counters.get("measured") ?? null,
    toolBytes: tests.reduce((sum, { bytes_sent }) => sum + bytes_sent, 0),
    resets: [...(server?.resets ?? []), ...(gateway?.resets ?? [])],
  };
}

/** Source addresses that a generator's traffic must have at the two servers. */
const wantedOf = (expected: Expected, runner: number): { readonly source: string; readonly otherSource: string } =>
  expected.runners?.[runner] ?? expected;

/** Connections of tests, control connections included; a bare connect (a readiness check) is no test. */
function loggedConnections(expected: Expected, { iperfServer }: RawRun): SeenConnection[] | null {
  return (
    iperfServer?.flatMap(({ control, streams, runner }) =>
      [...(control === null ? [] : [control]), ...streams].map(({ address }) => ({
        address,
        expected: wantedOf(expected, runner).source,
      })),
    ) ?? null
  );
}

/** Who the server's own log says came, where nothing counts packets. */
function loggedSources(logged: readonly SeenConnection[]): SourceTally[] {
  return [...Map.groupBy(logged, ({ address }) => address)].map(([address, connections]) => ({
    address,
    connections: connections.length,
    packets: 0,
    bytes: 0,
  }));
}

function tallySources(sources: readonly SetElement[], connections: readonly SetElement[]): SourceTally[] {
  return sources.map(({ key: [address = ""], packets, bytes }) => ({
    address,
    connections: connections.filter(({ key }) => key[0] === address).length,
    packets,
    bytes,
  }));
}

function countProbes({ probes }: RawRun, target: string, wantedBy: (runner: number) => string): Probes {
  const asked = (probes ?? [])
    .filter((probe) => probe.target === target)
    .map(({ answer, runner }) => ({ answer, wanted: wantedBy(runner) }));
  const wrong = asked.filter(({ answer, wanted }) => answer !== "" && answer !== wanted);
  return {
    target,
    asked: asked.length,
    expected: asked.filter(({ answer, wanted }) => answer === wanted).length,
    wrong: wrong.length,
    failed: asked.filter(({ answer }) => answer === "").length,
    wrongAnswers: [...new Set(wrong.map(({ answer }) => answer))],
    wanted: [...new Set((wrong.length > 0 ? wrong : asked).map(({ wanted }) => wanted))],
  };
}

/** The address service may have been asked before the run, while the lab waited for its rules to be live. */
function findStrangers({ addresses }: RawRun, expected: Expected, startedAt_s: number): EgressEvidence["strangers"] {
  // All generators ask the same service: whose question it was only the generator's own record tells.
  const all = expected.runners ?? [expected];
  const wanted = new Map([
    [expected.server, new Set(all.map(({ source }) => source))],
    [expected.otherServer, new Set(all.map(({ otherSource }) => otherSource))],
  ]);
  const strange = (addresses ?? []).filter(
    ({ t_s, server, source }) => t_s >= startedAt_s && wanted.get(server)?.has(source) === false,
  );
  return [...Map.groupBy(strange, ({ server, source }) => `${server} ${source}`).values()].flatMap((questions) => {
    const [first] = questions;
    if (first === undefined) return [];
    const { server, source } = first;
    return [{ server, source, questions: questions.length, wanted: [...(wanted.get(server) ?? [])] }];
  });
}

/** null when the table was never observed. Elements that did not grow are left out. */
function changeOf(observations: readonly Observation[], name: string): Change | null {
  const tables = observations.filter((observation) => observation.name === name).map(({ table }) => table);
  const [first] = tables;
  const last = tables.at(-1);
  if (first === undefined || last === undefined) return null;
  const resets: string[] = [];
  for (const [index, table] of tables.slice(1).entries()) {
    const before = tables[index];
    for (const [counter, tally] of before?.counters ?? []) {
      if (fellBack(tally, table.counters.get(counter))) resets.push(`counter ${counter} of the ${name}`);
    }
    for (const [set, elements] of before?.sets ?? []) {
      const now = byKey(table.sets.get(set) ?? []);
      if (elements.some((element) => fellBack(element, now.get(keyOf(element)))))
        resets.push(`set ${set} of the ${name}`);
    }
  }
  const counters = [...last.counters].map(
    ([counter, tally]) => [counter, grown(first.counters.get(counter), tally)] as const,
  );
  const sets = [...last.sets].map(([set, elements]) => {
    const before = byKey(first.sets.get(set) ?? []);
    const growth = elements.map((element) => ({ ...element, ...grown(before.get(keyOf(element)), element) }));
    return [set, growth.filter(({ packets }) => packets > 0)] as const;
  });
  return { counters: new Map(counters), sets: new Map(sets), resets: [...new Set(resets)] };
}

function fellBack(before: Tally, now: Tally | undefined): boolean {
  return now === undefined || now.packets < before.packets || now.bytes < before.bytes;
}

function grown(before: Tally | undefined, now: Tally): Tally {
  return {
    packets: Math.max(0, now.packets - (before?.packets ?? 0)),
    bytes: Math.max(0, now.bytes - (before?.bytes ?? 0)),
  };
}

const keyOf = ({ key }: SetElement): string => key.join(" ");
const byKey = (elements: readonly SetElement[]) => new Map(elements.map((element) => [keyOf(element), element]));
