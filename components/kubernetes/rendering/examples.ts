/**
 * What only a cluster can tell, where there is none: addresses that the user gives, else examples from a range that is kept for
 * documentation (RFC 5737), each with what it stands for. Pure but for its memory of what was used.
 */
import { addressRange, addressText } from "../../addresses.ts";
import type { FreeRanges } from "../clusters/dockerNetwork.ts";

/** What the settings say of it. */
export interface Known {
  /** Addresses by name: nodes by the plan's names, `server`, `other-server`, `balancer`. */
  readonly addresses: Readonly<Record<string, string>>;
  /** `first-last` or a CIDR; empty: not known. */
  readonly balancerRange: string;
  readonly egressPool: string;
}

/** Third part of every example address: 198.51.100.0/24. */
const network = "198.51.100";
const at = (last: number): string => `${network}.${last}`;
const range = (first: number, last: number) => ({ start: at(first), end: at(last) });

const ranges: FreeRanges = { gateway: at(1), egress: range(32, 55), balancer: range(64, 87) };
const caller = "203.0.113.7/32";
/** Nodes get addresses from here on, in the order in which they are asked for. */
const firstNode = 101;
const fixed: Readonly<Record<string, string>> = { server: at(10), "other-server": at(11) };

const setting = (name: string): string => `-c manifests.addresses=${name}=…`;

export class Examples {
  readonly #known: Known;
  readonly #nodes = new Map<string, string>();
  /** Example texts that were handed out, with what each stands for. */
  readonly used = new Map<string, string>();

  constructor(known: Known) {
    this.#known = known;
  }

  /** Address of a node, of a server or of the gateway's load balancer (`balancer`). */
  address(name: string): string {
    const given = this.#known.addresses[name];
    if (given !== undefined) return given;
    if (name === "balancer") {
      const first = firstOf(this.#known.balancerRange) ?? ranges.balancer.start;
      return this.#example(first, `address that the load balancer gives; ${setting(name)}`);
    }
    const server = fixed[name];
    if (server !== undefined) {
      const how = name === "server" ? "-c server.address=…" : setting(name);
      return this.#example(server, `address of the ${name.replace("-", " ")}; ${how}`);
    }
    const node = this.#nodes.get(name) ?? at(firstNode + this.#nodes.size);
    this.#nodes.set(name, node);
    return this.#example(node, `address of the node ${name}; ${setting(name)}`);
  }

  /** Name of a node of a cluster that is not made here. */
  nodeName(number: number): string {
    return this.#example(`example-node-${String(number).padStart(2, "0")}`, "name of a node of the cluster");
  }

  /** What the API server calls an object that it has made. */
  uid(kind: string, { name, namespace = "default" }: { readonly name: string; readonly namespace?: string }): string {
    return this.#example(
      `example-uid-of-${name}`,
      `uid of the ${kind} ${name} once it is made; kubectl -n ${namespace} get ${kind.toLowerCase()} ${name} -o jsonpath='{.metadata.uid}'`,
    );
  }

  /** Free ranges of the docker network. */
  ranges(): FreeRanges {
    const { balancer, egress } = ranges;
    this.#example(`${balancer.start}-${balancer.end}`, "free range of the docker network; -c loadBalancer.range=…");
    this.#example(balancer.start, "free range of the docker network; -c loadBalancer.range=…");
    this.#example(balancer.end, "free range of the docker network; -c loadBalancer.range=…");
    this.#example(egress.start, "free range of the docker network; -c egress.pool=…");
    this.#example(egress.end, "free range of the docker network; -c egress.pool=…");
    return ranges;
  }

  /** Address that an Egress gets from its pool. */
  poolAddress(): string {
    const first = firstOf(this.#known.egressPool);
    return this.#example(first ?? ranges.egress.start, "address that Antrea takes from the pool");
  }

  /** Name of an AKS cluster's API server. */
  apiServer(): string {
    return this.#example("example.hcp.westeurope.azmk8s.io", "name of the API server, which Azure gives");
  }

  /** CIDR of the machine that calls. */
  caller(): string {
    return this.#example(caller, "public address of the caller; -c aks.authorizedRanges=…");
  }

  /** What stands in a text in place of what a cluster would tell, without repetition. */
  in(text: string): readonly string[] {
    return [
      ...new Set([...this.used].filter(([value]) => holds(text, value)).map(([value, what]) => `${value}: ${what}`)),
    ];
  }

  #example(value: string, what: string): string {
    if (!this.used.has(value)) this.used.set(value, what);
    return value;
  }
}

/** Whether the text has the value as a whole: 198.51.100.1 is not in 198.51.100.10. */
function holds(text: string, value: string): boolean {
  for (let from = text.indexOf(value); from >= 0; from = text.indexOf(value, from + 1)) {
    if (!/[\d.]/.test(text[from - 1] ?? "") && !/\d/.test(text[from + value.length] ?? "")) return true;
  }
  return false;
}

/** First usable address of `first-last` or a CIDR; undefined when there is none. */
function firstOf(text: string): string | undefined {
  const range = addressRange(text);
  return range === undefined
    ? undefined
    : addressText(range.first + (text.includes("/") && range.last > range.first ? 1 : 0));
}
