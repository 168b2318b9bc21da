/** The Kubernetes API as the tasks and the collector use it: JSON in, JSON out, with the kubeconfig's own credentials. */
import { createReadStream, statSync } from "node:fs";
import { request as plainRequest, type ClientRequest, type IncomingMessage } from "node:http";
import { request, type RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";

/** An object as the API server gives it; what is read of it is checked where it is read. */
export interface KubeObject {
  readonly kind?: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly generation?: number;
    readonly labels?: Readonly<Record<string, string>>;
    readonly creationTimestamp?: string;
    /** There while the object is ending. */
    readonly deletionTimestamp?: string;
  };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: Readonly<Record<string, unknown>>;
}

export interface Api {
  /** The object at a path such as `/api/v1/nodes/a`; undefined when there is none. */
  get<T = KubeObject>(path: string): Promise<T | undefined>;
  /** The items of a list; `selector` is a label selector. Empty also when the kind does not exist. */
  list(path: string, selector?: string): Promise<readonly KubeObject[]>;
  /** Any request, such as through a service's proxy. The answer's status and body. */
  send(method: string, path: string, body?: string | Buffer): Promise<{ status: number; body: Buffer }>;
  /** Server-side apply of an object, taking over fields of others. The answer's status and body. */
  apply(path: string, manifest: object): Promise<{ status: number; body: Buffer }>;
  /** Puts a file, however large: it is read as it is sent. Gives the answer's status. */
  upload(path: string, file: string): Promise<number>;
  /** Streams an answer's body. @throws Error when the status is not 200 */
  stream(path: string): Promise<IncomingMessage>;
}

/** Seconds after which a request without an answer counts as failed. */
const patience = 30;

/**
 * Opens the API of a kubeconfig's current context, or of `context`.
 * @throws Error when the kubeconfig has no such cluster
 */
export async function openApi(kubeconfig: string, context = ""): Promise<Api> {
  const config = new KubeConfig();
  config.loadFromString(kubeconfig);
  if (context !== "") config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster === null)
    throw new Error(`the kubeconfig has no cluster for the context "${config.getCurrentContext()}"`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const server = cluster.server.replace(/\/$/, "");

  const ask = (method: string, path: string, give: (sent: ClientRequest) => void): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const url = new URL(`${server}${path}`);
      const open = url.protocol === "http:" ? plainRequest : request;
      const sent = open(url, { ...options, method, timeout: patience * 1000 }, resolve);
      sent.on("timeout", () => sent.destroy(new Error(`no answer from ${url.host} within ${patience} s`)));
      sent.on("error", reject);
      give(sent);
    });
  const call = (method: string, path: string, body?: string | Buffer): Promise<IncomingMessage> =>
    ask(method, path, (sent) => sent.end(body));

  const send: Api["send"] = async (method, path, body) => {
    const answer = await call(method, path, body);
    return { status: answer.statusCode ?? 0, body: await wholeBody(answer) };
  };
  const json = async (path: string): Promise<unknown> => {
    const { status, body } = await send("GET", path);
    if (status === 404) return undefined;
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${body.toString("utf8").slice(0, 300)}`);
    return JSON.parse(body.toString("utf8"));
  };
  return {
    // The API server's word for what a path holds.
    get: async <T>(path: string) => (await json(path)) as T | undefined,
    list: async (path, selector) => {
      const query = selector === undefined ? "" : `?labelSelector=${encodeURIComponent(selector)}`;
      const answer = (await json(`${path}${query}`)) as { items?: KubeObject[] } | undefined;
      return answer?.items ?? [];
    },
    send,
    apply: async (path, manifest) => {
      const answer = await ask("PATCH", `${path}?fieldManager=cni-traffic-lab&force=true`, (sent) => {
        sent.setHeader("content-type", "application/apply-patch+yaml");
        sent.end(JSON.stringify(manifest));
      });
      return { status: answer.statusCode ?? 0, body: await wholeBody(answer) };
    },
    upload: async (path, file) => {
      const answer = await ask("PUT", path, (sent) => {
        sent.setHeader("content-length", statSync(file).size);
        createReadStream(file)
          .on("error", (error) => sent.destroy(error))
          .pipe(sent);
      });
      await wholeBody(answer);
      return answer.statusCode ?? 0;
    },
    stream: async (path) => {
      const answer = await call("GET", path);
      if (answer.statusCode === 200) return answer;
      const body = await wholeBody(answer);
      throw new Error(`GET ${path}: ${answer.statusCode ?? 0} ${body.toString("utf8").slice(0, 300)}`);
    },
  };
}

async function wholeBody(answer: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of answer) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Path of a service's own pages through the API server. */
export const proxyPath = ({ namespace, service, port }: { namespace: string; service: string; port: number }): string =>
  `/api/v1/namespaces/${namespace}/services/${service}:${port}/proxy`;
