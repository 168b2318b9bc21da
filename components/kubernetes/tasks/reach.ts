/** Whether the CNI works, by traffic: each probe pod reaches the others and something outside the cluster. */
import { z } from "zod";
import { proxyPath, type Api } from "./api.ts";
import { waitFor, type Look, type Patience } from "./wait.ts";
import { waitForPods } from "./waits.ts";

export interface ReachInput extends Patience {
  readonly namespace: string;
  readonly selector: string;
  readonly count: number;
  readonly port: number;
  /** `host:port` outside the cluster; an answer or a refusal shows that packets come and go. Empty: not asked. */
  readonly outside: string;
}

const answerSchema = z.record(z.string(), z.string());

/** @throws Error with the pair that does not reach */
export async function waitForReach(api: Api, input: ReachInput): Promise<true> {
  const pods = await waitForPods(api, input);
  const inside = Object.values(pods).map((address) => `${address}:${input.port}`);
  const targets = [...inside, ...(input.outside === "" ? [] : [input.outside])];
  return waitFor(
    {
      what: "pods to reach each other and the outside",
      remedy: `the CNI does not carry their traffic: look at its pods and their logs in kube-system, then at kubectl -n ${input.namespace} get pods -o wide`,
      api,
    },
    { pause_ms: 2000, ...input },
    async (): Promise<Look<true>> => {
      const missing: string[] = [];
      for (const pod of Object.keys(pods)) {
        const path = proxyPath({ namespace: input.namespace, service: pod, port: input.port }).replace(
          "/services/",
          "/pods/",
        );
        const { status, body } = await api.send("GET", `${path}/?targets=${encodeURIComponent(targets.join(","))}`);
        if (status !== 200) {
          missing.push(`the API server does not reach ${pod} (${status})`);
          continue;
        }
        const answers = answerSchema.parse(JSON.parse(body.toString("utf8")));
        for (const [target, answer] of Object.entries(answers)) {
          // In a pod somebody listens: a refusal came from elsewhere. Outside it shows that packets come and go.
          if (answer === "connected" || (answer === "refused" && !inside.includes(target))) continue;
          missing.push(`${pod} does not reach ${target}: ${answer}`);
        }
      }
      return missing.length === 0 ? { done: true } : { missing: missing.slice(0, 3).join("; ") };
    },
  );
}
