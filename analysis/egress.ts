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
  return {
    expected,
    hasCounters,
    opened: tests.reduce((sum, { streams }) => sum + streams + 1, 0),
    logged: loggedConnections(raw),
    counted:
      connections
        ?.filter(({ key: [, , port = ""] }) => ports.has(port))
        .map(({ key: [address = ""] }) => ({ address })) ?? null,
    sources: tallySources(server?.sets.get("sources") ?? [], connections ?? []),
    leakedAtGateway: gateway?.counters.get("leaked")?.packets ?? 0,
    probes: [
      countProbes(raw, expected.server, expected.source),
      countProbes(raw, expected.otherServer, expected.otherSource),
    ],
    strangers: findStrangers(raw, expected, startedAt_s),
    gateway: gateway?.counters.get("measured") ?? null,
    toolBytes: tests.reduce((sum, { bytes_sent }) => sum + bytes_sent, 0),
    resets: [...(server?.resets ?? []), ...(gateway?.resets ?? [])],
  };
}

/** Connections of tests, control connections included; a bare connect (a readiness check) is no test. */
function loggedConnections({ iperfServer }: RawRun): SeenConnection[] | null {
  return (
    iperfServer?.flatMap(({ control, streams }) =>
      [...(control === null ? [] : [control]), ...streams].map(({ address }) => ({ address })),
    ) ?? null
  );
}

function tallySources(sources: readonly SetElement[], connections: readonly SetElement[]): SourceTally[] {
  return sources.map(({ key: [address = ""], packets, bytes }) => ({
    address,
    connections: connections.filter(({ key }) => key[0] === address).length,
    packets,
    bytes,
  }));
}

function countProbes({ probes }: RawRun, target: string, wanted: string): Probes {
  const answers = (probes ?? []).filter((probe) => probe.target === target).map(({ answer }) => answer);
  const wrong = answers.filter((answer) => answer !== "" && answer !== wanted);
  return {
    target,
    asked: answers.length,
    expected: answers.filter((answer) => answer === wanted).length,
    wrong: wrong.length,
    failed: answers.filter((answer) => answer === "").length,
    wrongAnswers: [...new Set(wrong)],
  };
}

/** The address service may have been asked before the run, while the lab waited for its rules to be live. */
function findStrangers({ addresses }: RawRun, expected: Expected, startedAt_s: number): EgressEvidence["strangers"] {
  const wanted = new Map([
    [expected.server, expected.source],
    [expected.otherServer, expected.otherSource],
  ]);
  const strange = (addresses ?? []).filter(
    ({ t_s, server, source }) => t_s >= startedAt_s && wanted.has(server) && wanted.get(server) !== source,
  );
  return [...Map.groupBy(strange, ({ server, source }) => `${server} ${source}`).values()].flatMap((questions) => {
    const [first] = questions;
    return first === undefined ? [] : [{ server: first.server, source: first.source, questions: questions.length }];
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
