/** The Kubernetes API of a test: what its paths hold. */
import type { Api, KubeObject } from "../../components/kubernetes/tasks/api.ts";

/** An API server that knows these paths, and one last event of every object. */
export function fakeApi(
  objects: Readonly<Record<string, KubeObject | readonly KubeObject[]>>,
  { event = "", answers = {} }: { event?: string; answers?: Readonly<Record<string, unknown>> } = {},
): Api {
  const events = {
    items: event === "" ? [] : [{ reason: "Seen", message: event, lastTimestamp: "2026-01-01T00:00:00Z" }],
  };
  return {
    // The test gives what the path holds.
    get: <T>(path: string) => Promise.resolve((path.includes("/events?") ? events : objects[path]) as T | undefined),
    list: (path) => {
      const found = objects[path];
      return Promise.resolve(Array.isArray(found) ? (found as readonly KubeObject[]) : []);
    },
    send: (_, path) => {
      const answer = Object.entries(answers).find(([known]) => path.startsWith(known))?.[1];
      const body = Buffer.from(JSON.stringify(answer ?? ""));
      return Promise.resolve({ status: answer === undefined ? 404 : 200, body });
    },
    upload: () => Promise.reject(new Error("not in this test")),
    stream: () => Promise.reject(new Error("not in this test")),
  };
}
