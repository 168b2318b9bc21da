/**
 * How much one TCP stream from pod to pod varied, within runs and between them, in 3 runs of 60 s for each of 19 network
 * set-ups on 40 Gbit/s: computed from the raw iperf3 output in the results of github.com/InfraBuilder/benchmark-k8s-cni-2024-01
 * (commit 3a5c159, tests "dts", the first second left out). All are parts of the mean.
 */
export interface RecordedSpread {
  readonly setUp: string;
  readonly metric: "goodput" | "rtt";
  /** Standard deviation of the means of 60 s runs. */
  readonly between: number;
  /**
   * Standard deviation of one second's share in a run's mean, correlation of the seconds included: of ten batches of 6 s,
   * times the root of 6, so that a run of T seconds has this over the root of T.
   */
  readonly within: number;
}

const table = `
antrea 0.0909 0.1847 0.1977 0.9943
antrea-ipsec 0.0207 0.0850 0.4857 0.7325
antrea-noencap 0.0342 0.0551 0.0327 0.3206
antrea-wg 0.0024 0.0509 0.0782 0.3288
baremetal 0.0902 0.2251 0.1305 0.3523
calico 0.0272 0.1098 0.1850 0.2744
calico-ebpf 0.0451 0.2349 0.0664 0.4070
calico-ebpf-wg 0.0130 0.0348 0.0763 0.3395
canal 0.0711 0.1906 0.1560 0.6946
cilium 0.0305 0.1212 0.0868 0.4748
cilium-hubble-full 0.0337 0.1716 0.0381 0.4423
cilium-ipsec 0.0606 0.3460 0.1297 1.3810
cilium-nohubble 0.0323 0.1220 0.0841 0.3761
cilium-nokproxy 0.0302 0.0882 0.0818 0.3943
cilium-wg 0.0240 0.0617 0.1086 0.4157
flannel 0.0267 0.0816 0.2155 0.6481
kubeovn 0.0104 0.0642 0.0780 0.4202
kuberouter 0.0156 0.1314 0.2046 0.8155
kuberouter-all 0.0035 0.1153 0.3259 1.6237
`;

/** Set-ups whose round-trip times are above 5 ms at full load (calico-vpp) are left out: they measure a full queue. */
export const recordedSpreads: readonly RecordedSpread[] = table
  .trim()
  .split("\n")
  .flatMap((line) => {
    const [setUp = "", ...values] = line.split(" ");
    const [goodputBetween = 0, goodputWithin = 0, rttBetween = 0, rttWithin = 0] = values.map(Number);
    return [
      { setUp, metric: "goodput" as const, between: goodputBetween, within: goodputWithin },
      { setUp, metric: "rtt" as const, between: rttBetween, within: rttWithin },
    ];
  });

/**
 * One spread for each metric, variances averaged over the set-ups: with three runs each, that between the runs of one set-up
 * is known to a factor of six or so, and comes out as nothing for some by chance.
 */
export const pooledSpreads: readonly RecordedSpread[] = (["goodput", "rtt"] as const).map((metric) => {
  const own = recordedSpreads.filter((spread) => spread.metric === metric);
  const root = (pick: (spread: RecordedSpread) => number): number =>
    Math.sqrt(own.reduce((sum, spread) => sum + pick(spread) ** 2, 0) / own.length);
  return { setUp: "all", metric, between: root(({ between }) => between), within: root(({ within }) => within) };
});

/** Variance that runs have beyond what their seconds explain; runs of 60 s were recorded. Not below zero. */
export const betweenVariance = ({ between, within }: RecordedSpread): number =>
  Math.max(0, between ** 2 - within ** 2 / 60);
