/**
 * Tasks of a lab that nobody carries out: what each would answer, with example addresses where only a cluster can tell, and the words
 * that stand at its place in the order, with the commands that do the same by hand. Pure.
 */
import { stringify } from "yaml";
import { addressPort, iperf3Port } from "../../load/ports.ts";
import type { tasks, TaskName } from "../tasks/main.ts";
import type { Workload } from "../tasks/waits.ts";
import type { Examples } from "./examples.ts";

type Input<K extends TaskName> = Parameters<(typeof tasks)[K]["run"]>[0];

/** What stands at a task's place. */
export interface TaskWords {
  /** What happens, or what is waited for. */
  readonly title: string;
  /** Lines of a shell that do the same. */
  readonly commands: readonly string[];
  /** File that a command reads. */
  readonly file?: { readonly name: string; readonly text: string };
  /** What it is made with, for what has no command. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** What the answers depend on beside the input. */
export interface TaskPlace {
  /** Names that the plan gives to nodes, as far as they are labelled by now. */
  readonly labelled: readonly string[];
}

interface Rendered<K extends TaskName> {
  readonly answer: (input: Input<K>, examples: Examples, place: TaskPlace) => unknown;
  readonly words: (input: Input<K>) => TaskWords;
}

const until = (deadline_s: number): string => `--timeout=${deadline_s}s`;
const rollout = ({ kind, namespace, name }: Workload, deadline_s: number): string =>
  `kubectl -n ${namespace} rollout status ${kind.toLowerCase()}/${name} ${until(deadline_s)}`;

/** A run that has not taken place. */
const noRun = {
  started_s: 0,
  finished_s: 0,
  phases: [],
  outcome: { ok: true, error: "" },
  restarted: [],
  versions: {},
  folder: "",
  nodes: [],
};

export const renderedTasks: { readonly [K in TaskName]: Rendered<K> } = {
  kind: {
    answer: (_, examples) => ({ kubeconfig: "", ranges: examples.ranges() }),
    words: ({ name, image, config }) => ({
      title: `kind cluster ${name}`,
      commands: [`kind create cluster --name ${name} --image ${image} --config kind.yaml`],
      file: { name: "kind.yaml", text: stringify(config) },
    }),
  },
  existing: {
    answer: () => ({ kubeconfig: "" }),
    words: ({ kubeconfig, context }) => ({
      title: `context ${context} of ${kubeconfig === "" ? "the kubeconfig" : kubeconfig}: the cluster is there already`,
      commands: [`kubectl config use-context ${context}`],
    }),
  },
  server: {
    answer: ({ placement }, examples) =>
      placement === "host"
        ? { address: examples.address("server"), other: "" }
        : { address: examples.address("server"), other: examples.address("other-server") },
    words: ({ name, placement, images, servers }) => ({
      title: `external server ${name}: iperf3 on ports ${iperf3Port} to ${iperf3Port + servers - 1} and the address service on ${addressPort}, ${
        placement === "host" ? "on this machine" : "in containers on the docker network kind"
      } (images ${images.iperf3} and ${images.node})`,
      commands: [],
    }),
  },
  "given-server": {
    answer: ({ address }) => ({ address, other: "" }),
    words: ({ address }) => ({
      title: `external server ${address}: must run iperf3 and the address service (docs/existing.md)`,
      commands: [`curl http://${address}:${addressPort}/`],
    }),
  },
  expiry: {
    answer: ({ seconds }) => ({ expires: `time of creation + ${seconds} s` }),
    words: ({ seconds }) => ({ title: `time to live: ${seconds / 3600} h, a tag of the resource group`, commands: [] }),
  },
  "ssh-key": {
    answer: () => ({ publicKey: "ssh-rsa AAAA example" }),
    words: () => ({ title: "SSH key pair; its private half is a secret of the stack's state", commands: [] }),
  },
  caller: {
    answer: (_, examples) => ({ ranges: [examples.caller()] }),
    words: () => ({ title: "public address of this machine, the only one that may call", commands: [] }),
  },
  nodes: {
    answer: ({ count }, examples, { labelled }) => ({
      nodes: Object.fromEntries(
        (labelled.length > 0 ? labelled : unnamed(count, examples)).map((node) => [node, examples.address(node)]),
      ),
      kernel: "",
      kubelet: "",
      runtime: "",
    }),
    words: ({ count, deadline_s }) => ({
      title: `wait: ${count} or more nodes are Ready`,
      commands: [`kubectl wait node --all --for=condition=Ready ${until(deadline_s)}`],
    }),
  },
  "apply-file": {
    answer: () => ({ paths: [] }),
    words: ({ file }) => ({
      title: "CRDs of the Gateway API",
      commands: [`kubectl apply --server-side -f ${file}`],
    }),
  },
  crds: {
    answer: () => true,
    words: ({ names, deadline_s }) => ({
      title: `wait: CRDs are established`,
      commands: [
        `kubectl wait ${names.map((name) => `crd/${name}`).join(" ")} --for=condition=Established ${until(deadline_s)}`,
      ],
    }),
  },
  workloads: {
    answer: () => true,
    words: ({ workloads, deadline_s }) => ({
      title: "wait: workloads are rolled out",
      commands: workloads.map((workload) => rollout(workload, deadline_s)),
    }),
  },
  pods: {
    answer: () => ({}),
    words: ({ namespace, selector, deadline_s }) => ({
      title: "wait: pods are ready",
      commands: [`kubectl -n ${namespace} wait pod -l ${selector} --for=condition=Ready ${until(deadline_s)}`],
    }),
  },
  reach: {
    answer: () => true,
    words: ({ namespace, selector, outside }) => ({
      title: `wait: the pods ${selector} in ${namespace} reach each other${outside === "" ? "" : ` and ${outside}`}`,
      commands: [],
    }),
  },
  "gateway-nodes": {
    answer: () => true,
    words: ({ selector }) => ({
      title: "wait: the egress policy has a gateway node that is Ready; without one the CNI drops the traffic",
      commands: [`kubectl get nodes -l ${selector}`],
    }),
  },
  egress: {
    answer: (_, examples) => ({ address: examples.poolAddress() }),
    words: ({ name, deadline_s }) => ({
      title: `wait: Egress ${name} has an address on a node`,
      commands: [
        `kubectl wait egress.crd.antrea.io/${name} --for=jsonpath='{.status.egressNode}' ${until(deadline_s)}`,
      ],
    }),
  },
  gateway: {
    answer: (_, examples) => ({ address: examples.address("balancer") }),
    words: ({ namespace, gateway, route, deadline_s }) => ({
      title: `wait: Gateway ${gateway} is programmed and has an address, route ${route} is accepted`,
      commands: [
        `kubectl -n ${namespace} wait gateway/${gateway} --for=condition=Programmed ${until(deadline_s)}`,
        `kubectl -n ${namespace} wait gateway/${gateway} --for=jsonpath='{.status.addresses[0].value}' ${until(deadline_s)}`,
      ],
    }),
  },
  balancer: {
    answer: (_, examples) => ({ address: examples.address("balancer") }),
    words: ({ namespace, service, deadline_s }) => ({
      title: `wait: service ${service} has an address`,
      commands: [
        `kubectl -n ${namespace} wait service/${service} --for=jsonpath='{.status.loadBalancer.ingress[0]}' ${until(deadline_s)}`,
      ],
    }),
  },
  addresses: {
    answer: ({ node, ip }, examples) => ({ address: ip === "" ? examples.address(node) : ip }),
    words: ({ node, namespace, pod, interface: link, ip, deadline_s }) => ({
      title:
        ip === ""
          ? `wait: the first address of ${link} on the node ${node}, as the pod ${pod} saw it`
          : `wait: the node ${node} has the address ${ip}, as the pod ${pod} saw it`,
      commands: [
        `kubectl -n ${namespace} wait pod/${pod} --for=jsonpath='{.status.phase}'=Succeeded ${until(deadline_s)}`,
        `kubectl -n ${namespace} get pod ${pod} -o jsonpath='{.status.containerStatuses[0].state.terminated.message}'`,
      ],
    }),
  },
  jobs: {
    answer: ({ jobs }, examples) => ({
      ...noRun,
      nodes: jobs.flatMap(({ runners }) => Array.from({ length: runners }, () => examples.address("worker"))),
    }),
    words: ({ namespace, jobs, deadline_s }) => ({
      title: `wait: the load is through; its files are in the results store`,
      commands: jobs.map(
        ({ name }) => `kubectl -n ${namespace} wait job/${name} --for=condition=Complete ${until(deadline_s)}`,
      ),
    }),
  },
  outside: {
    answer: () => noRun,
    words: ({ image, network }) => ({
      title: `load: k6 in a container ${network === "" ? "on this machine" : `on the docker network ${network}`} (image ${image})`,
      commands: [],
    }),
  },
};

/** Names that the nodes of a cluster of others have of their own. */
const unnamed = (count: number, examples: Examples): string[] =>
  Array.from({ length: count > 1 ? count : spareNodes }, (_, index) => examples.nodeName(index + 1));

/** Nobody knows how many nodes an existing cluster has (it says at least one): as many as the largest scenario needs. */
const spareNodes = 17;
