/** What gateways can say of weights. Pure. */

/** Limits of `backendRefs` in the Gateway API (apis/v1, HTTPRouteRule and BackendRef). */
export const gatewayApiLimits = { backends: 16, weight: 1_000_000 } as const;

/** A weight of the Gateway API is a whole number: fractions are multiplied away. Shapes: weights in, as many whole ones out. */
export function wholeWeights(weights: readonly number[]): number[] {
  const digits = Math.max(...weights.map(fractionDigits));
  return weights.map((weight) => Math.round(weight * 10 ** digits));
}

/** Also of a number that JavaScript writes as `1e-7`. */
function fractionDigits(weight: number): number {
  const [mantissa = "", exponent = "0"] = String(weight).split("e");
  return Math.max(0, (mantissa.split(".")[1] ?? "").length - Number(exponent));
}

/**
 * Percentages for `split_clients` by NGINX Gateway Fabric's rule (split_clients.go): all but the last are floor(p × 100) / 100 of a
 * floating point p, the last backend gets what is left. Whole weights that add up to 100 are exact. Shapes: weights in, as many
 * percentages out, sum 100.
 */
export function splitPercentages(weights: readonly number[]): number[] {
  const whole = wholeWeights(weights);
  const sum = whole.reduce((total, weight) => total + weight, 0);
  const all = whole.slice(0, -1).map((weight) => Math.floor(((weight * 100) / sum) * 100) / 100);
  const rest = 100 - all.reduce((total, share) => total + share, 0);
  return [...all, Math.round(rest * 100) / 100];
}

/** Which shares `split_clients` cannot express exactly, one sentence for each backend; empty when all can be. */
export function inexactWeights(backends: readonly { readonly name: string; readonly weight: number }[]): string[] {
  const sum = backends.reduce((total, { weight }) => total + weight, 0);
  const percentages = splitPercentages(backends.map(({ weight }) => weight));
  return backends.flatMap(({ name, weight }, index) => {
    const [wanted, given] = [(weight * 100) / sum, percentages[index] ?? 0];
    return Math.abs(wanted - given) < 1e-9
      ? []
      : [
          `weights: NGINX gives ${name} ${given.toFixed(2)} % where its weight asks for ${wanted.toFixed(4)} %: it cuts shares to 0.01 % and gives the rest to the last backend. Whole weights that add up to 100 are exact.`,
        ];
  });
}
