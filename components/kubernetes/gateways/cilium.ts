/** Cilium's own Gateway: its Envoy on every node, brought by the CNI. Draws a backend at random for each request. */
import type { GatewaySpec } from "./spec.ts";

export const ciliumGateway: GatewaySpec = {
  className: () => "cilium",
  chart: null,
  objects: () => [],
  dataPlane: null,
};
