/** The wait for a load's Jobs: one summary when they are through, one error that names what is to blame when one is not. */
import { describe, expect, test } from "vitest";
import type { KubeObject } from "../../../components/kubernetes/tasks/api.ts";
import { waitForJobs, type Configured } from "../../../components/kubernetes/tasks/job.ts";
import { fakeApi } from "../../support/fakeApi.ts";

const short = { deadline_s: 0, pause_ms: 1 };

describe("Jobs of a load", () => {
  const store = { namespace: "ns", service: "results", port: 8080 };
  const configured: Configured = { kind: "Policy", name: "gw", path: "/policies/gw", remedy: "look at it" };
  const input = {
    namespace: "ns",
    jobs: [
      { name: "j", runners: 1, configured: null },
      { name: "j-2", runners: 1, configured },
    ],
    run: "r1",
    store,
    watched: ["ns"],
    ...short,
  };
  const job = (name: string, condition: string): KubeObject => ({
    metadata: { name, namespace: "ns", uid: `uid-${name}` },
    status: { conditions: [{ type: condition, status: "True" }] },
  });
  const jobs = (first: string, second: string) => ({
    "/apis/batch/v1/namespaces/ns/jobs/j": job("j", first),
    "/apis/batch/v1/namespaces/ns/jobs/j-2": job("j-2", second),
  });
  const pod = (name: string, node: string, message = ""): KubeObject => ({
    metadata: {
      name,
      namespace: "ns",
      labels: {
        "job-name": name,
        "batch.kubernetes.io/job-completion-index": "0",
        "batch.kubernetes.io/controller-uid": `uid-${name}`,
      },
    },
    spec: { nodeName: node },
    status: message === "" ? {} : { containerStatuses: [{ state: { terminated: { exitCode: 1, message } } }] },
  });
  const summary = {
    started_s: 1,
    finished_s: 2,
    phases: [],
    outcome: { ok: true, error: "" },
    versions: { iperf3: "3.21" },
  };

  test.each([
    ["Jobs say so", jobs("Complete", "Complete"), {}],
    ["pods are through, though the Jobs do not know yet", jobs("Suspended", "Suspended"), { phase: "Succeeded" }],
  ])(
    "give one summary when the %s, from the folder of this attempt, and where their pods stood",
    async (_, all, status) => {
      const nodes = [
        { metadata: { name: "n1" }, status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } },
        { metadata: { name: "n2" }, status: { addresses: [{ type: "InternalIP", address: "10.0.0.2" }] } },
      ];
      const folder = "/api/v1/namespaces/ns/services/results:8080/proxy/r1/uid-j";
      const api = fakeApi(
        {
          ...all,
          "/api/v1/namespaces/ns/pods": [pod("j", "n2"), pod("j-2", "n1")].map((one) => ({ ...one, status })),
          "/api/v1/nodes": nodes,
        },
        { answers: { [`${folder}/summary.json`]: summary, [`${folder}/runner-2/summary.json`]: summary } },
      );
      await expect(waitForJobs(api, input)).resolves.toMatchObject({
        folder: "r1/uid-j",
        nodes: ["10.0.0.2", "10.0.0.1"],
        versions: { iperf3: "3.21" },
      });
    },
  );

  const failing = (message: string, more: Readonly<Record<string, KubeObject>> = {}) =>
    waitForJobs(
      fakeApi(
        { ...jobs("Complete", "Failed"), "/api/v1/namespaces/ns/pods": [pod("j-2", "n1", message)], ...more },
        { event: "it was looked at" },
      ),
      input,
    );
  test("one that fails ends the wait with its own words", async () => {
    await expect(failing("iperf3 is not there")).rejects.toThrow(
      /^Job ns\/j-2: iperf3 is not there\. Last event: Seen: it was looked at\. Remedy: .*another -c run=/,
    );
  });
  test("a configuration without effect is named by the object that makes it", async () => {
    const words = "the configuration was not live within 60 s: http://s:8080/: no answer";
    await expect(failing(words, { "/policies/gw": { metadata: { name: "gw" } } })).rejects.toThrow(
      /^Policy gw has no effect: the configuration was not live.*Last event: Seen.*Remedy: look at it/,
    );
    await expect(failing(words)).rejects.toThrow(/^there is no Policy gw: /);
  });
});
