/** Settings of every lab: what is asked, who is under test, how much load. */
import { z } from "zod";
import { parseWeights } from "../values.ts";
import {
  choice,
  cniNames,
  duration,
  environmentNames,
  flag,
  parsed,
  scenarioNames,
  whole,
  type SettingSpec,
} from "./spec.ts";

export const generalSettings = {
  environment: {
    type: "string",
    default: "netns",
    description:
      "Where the lab lives: netns (network namespaces on this machine), local (kind), aks, existing (any kubeconfig)",
    read: choice(environmentNames),
  },
  scenario: {
    type: "string",
    default: "egress",
    description: "What is asked: egress (traffic out through a gateway, iperf3) or ingress (weighted split, k6)",
    read: choice(scenarioNames),
  },
  cni: {
    type: "string",
    default: "",
    description:
      "Network plugin under test: cilium or antrea on a cluster, kernel (the plain Linux data path) in netns; empty: kernel in netns, else cilium",
    read: choice(["", ...cniNames]),
  },
  path: {
    type: "string",
    default: "base",
    description: "base (masquerade at the worker) or gateway (source NAT at the egress gateway node)",
    usedBy: ["egress"],
    read: choice(["base", "gateway"]),
  },
  gateway: {
    type: "string",
    default: "nginx",
    description:
      "Who splits incoming requests: nginx, envoy, cilium (with the CNI cilium), or direct (none: straight to the first backend, the floor)",
    usedBy: ["ingress"],
    read: choice(["nginx", "envoy", "cilium", "direct"]),
  },
  weights: {
    type: "string",
    default: "60/40",
    description: "Weights of the backends, two or more numbers with a positive sum, separated by a slash",
    usedBy: ["ingress"],
    read: parsed(parseWeights),
  },
  vus: {
    type: "integer",
    default: 10,
    description: "Virtual users of the closed model, and connections kept ready for the open model",
    usedBy: ["ingress"],
    read: whole(1, 20_000, "virtual users"),
  },
  rate: {
    type: "integer",
    default: 0,
    description: "Requests per second of the open model; 0 for none",
    usedBy: ["ingress"],
    read: whole(0, 1_000_000, "requests per second"),
  },
  duration: {
    type: "string",
    default: "30s",
    description: "Measured length of each load phase that has no length of its own",
    read: duration(1, 86_400).refine(Number.isInteger, "must be whole seconds from 1s to 24h"),
  },
  warmup: {
    type: "string",
    default: "5s",
    description: "Left out at the start of each load phase",
    read: duration(0, 3_600).refine(Number.isInteger, "must be whole seconds from 0s to 1h"),
  },
  phases: {
    type: "string",
    default: "",
    description:
      "Phases in order with optional lengths, such as idle:5s,unloaded:5s,half,saturated (egress) or idle:5s,closed,open (ingress); empty for the scenario's default",
    read: z.string(),
  },
  window: {
    type: "string",
    default: "1s",
    description: "Length of the windows in which the split and the throughput are looked at, whole seconds",
    read: duration(1, 60).refine(Number.isInteger, "must be whole seconds from 1s to 60s"),
  },
  run: {
    type: "string",
    default: "1",
    description: "Name of the run; a new one runs the load again",
    read: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be 1 to 100 letters, digits, dots, dashes or underscores"),
  },
  mtu: {
    type: "integer",
    default: 1500,
    description: "MTU of the underlay in bytes; pods get 50 less, the room that VXLAN needs",
    environments: ["netns"],
    read: whole(1280, 9216, "bytes"),
  },
  streams: {
    type: "integer",
    default: 1,
    description: "Parallel TCP streams of iperf3",
    usedBy: ["egress"],
    read: whole(1, 128, "streams"),
  },
  baseRate: {
    type: "integer",
    default: 0,
    description:
      "Goodput of the base path in bit/s, of which the half phase sends half; 0: not known (lab run measures it)",
    usedBy: ["egress"],
    read: whole(0, 1_000_000_000_000, "bit/s"),
  },
  probeInterval: {
    type: "string",
    default: "500ms",
    description: "How often the load pod asks the external service for its own address during a run",
    usedBy: ["egress"],
    read: duration(0.1, 60),
  },
  keepalive: {
    type: "integer",
    default: 64,
    description: "Idle upstream connections that each worker of the gateway keeps open",
    usedBy: ["ingress"],
    environments: ["netns"],
    read: whole(1, 10_000, "connections"),
  },
  workers: {
    type: "integer",
    default: 0,
    description: "Worker processes (NGINX) or threads (Envoy) of the gateway; 0: one for each CPU",
    usedBy: ["ingress"],
    environments: ["netns"],
    read: whole(0, 256, "workers"),
  },
  requestTimeout: {
    type: "string",
    default: "5s",
    description: "How long k6 waits for one answer; a later one is an error",
    usedBy: ["ingress"],
    read: duration(1, 60),
  },
  countAnswers: {
    type: "boolean",
    default: true,
    description: "Count answers for each backend and second inside k6; off only to measure what that costs",
    usedBy: ["ingress"],
    read: flag,
  },
  logAnswers: {
    type: "boolean",
    default: false,
    description: "Keep one line for every answer (time offset and backend), as the thesis did",
    usedBy: ["ingress"],
    read: flag,
  },
  monitoring: {
    type: "boolean",
    default: true,
    description: "Run Prometheus and its exporters in the lab; without it CPU and memory are void",
    read: flag,
  },
  scrapeInterval: {
    type: "string",
    default: "1s",
    description: "How often Prometheus scrapes",
    read: duration(1, 5),
  },
} as const satisfies Record<string, SettingSpec>;
