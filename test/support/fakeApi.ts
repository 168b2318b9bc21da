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
    // An object without the label that is asked for is taken: most tests have one kind of pod and no labels.
    list: (path, selector = "") => {
      const found = objects[path];
      const all = Array.isArray(found) ? (found as readonly KubeObject[]) : [];
      const wanted = selector.split(",").map((pair) => pair.split("="));
      const fits = ({ metadata: { labels = {} } }: KubeObject): boolean =>
        wanted.every(([key = "", value]) => labels[key] === undefined || labels[key] === value);
      return Promise.resolve(all.filter(fits));
    },
    send: (_, path) => {
      const answer = Object.entries(answers).find(([known]) => path.startsWith(known))?.[1];
      const body = Buffer.from(JSON.stringify(answer ?? ""));
      return Promise.resolve({ status: answer === undefined ? 404 : 200, body });
    },
    apply: () => Promise.reject(new Error("not in this test")),
    upload: () => Promise.reject(new Error("not in this test")),
    stream: () => Promise.reject(new Error("not in this test")),
  };
}
