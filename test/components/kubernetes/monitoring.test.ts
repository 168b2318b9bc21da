/** What is scraped on each kind of cluster. */
import { describe, expect, it } from "vitest";
import { scrapeConfigs, type MonitoringFacts } from "../../../components/kubernetes/monitoring.ts";

const facts = (cni: "cilium" | "antrea", gateway: MonitoringFacts["plan"]["gateway"]): MonitoringFacts => ({
  plan: {
    cni: { name: cni, version: "", gatewayApi: false, egressGateway: true, bandwidth: false, excluded: [] },
    gateway,
    sources: { mirror: "", images: {}, chartsFolder: "" },
    kind: { kind: "kind" },
  },
  namespaces: { lab: "lab", monitoring: "lab-monitoring", gateway: "lab-gateway", nodes: "lab-nodes" },
  scrapeSeconds: 1,
});
const enabled = (all: Readonly<Record<string, object>>): string[] =>
  Object.entries(all).flatMap(([job, config]) => ("enabled" in config && config.enabled === false ? [] : [job]));

describe("metrics of the CNI and of the gateway", () => {
  it.each([
    ["cilium", null, ["cilium"]],
    ["antrea", null, ["antrea-agent", "antrea-controller"]],
    ["cilium", "cilium", ["cilium", "cilium-envoy"]],
    ["antrea", "nginx", ["antrea-agent", "antrea-controller", "nginx-gateway"]],
    ["cilium", "envoy", ["cilium", "envoy-gateway"]],
  ] as const)("%s with gateway %s", (cni, gateway, jobs) => {
    expect(enabled(scrapeConfigs(facts(cni, gateway)))).toEqual(["nodes", "containers", ...jobs]);
  });

  it("Antrea's are asked over TLS with Prometheus' own token", () => {
    const { "antrea-agent": agent } = scrapeConfigs(facts("antrea", null));
    expect(agent).toMatchObject({
      scheme: "https",
      authorization: { credentials_file: "/var/run/secrets/kubernetes.io/serviceaccount/token" },
      relabel_configs: expect.arrayContaining([expect.objectContaining({ replacement: "$1:10350" })]) as unknown,
    });
  });
});
