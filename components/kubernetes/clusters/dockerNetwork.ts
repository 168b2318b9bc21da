/** Addresses of the docker network that kind's nodes share: which ranges are free for pools. Pure. */

import { addressNumber, addressText, cidrRange } from "../../addresses.ts";

/** What `docker network inspect` says, as far as it is read. */
export interface NetworkInfo {
  readonly IPAM: { readonly Config: readonly { readonly Subnet?: string; readonly Gateway?: string }[] | null };
  readonly Containers?: Readonly<Record<string, { readonly Name?: string; readonly IPv4Address?: string }>>;
}

export interface Range {
  readonly start: string;
  readonly end: string;
}

export interface FreeRanges {
  readonly gateway: string;
  /** For services of type LoadBalancer. */
  readonly balancer: Range;
  /** For egress addresses: never the same as the balancer's. */
  readonly egress: Range;
}

/** Addresses in each range. */
const size = 24;
/** Clusters on one network that get ranges of their own. */
const slots = 8;

/**
 * Two ranges at the top of the network, where docker gives addresses last. Labs on the same network get different ones by
 * `slot`; ranges in which a container already has an address are skipped.
 * @throws Error when the network has no IPv4 subnet or is too small
 */
export function freeRanges(info: NetworkInfo, slot: number): FreeRanges {
  // Docker lists IPv4 and IPv6 in no fixed order.
  const config = (info.IPAM.Config ?? []).find(({ Subnet }) => Subnet !== undefined && !Subnet.includes(":"));
  const subnet = cidrRange(config?.Subnet ?? "");
  if (subnet === undefined) {
    throw new Error(
      "the docker network has no IPv4 subnet. Remedy: docker network rm kind, so that kind makes it anew.",
    );
  }
  const used = Object.values(info.Containers ?? {}).flatMap(
    ({ IPv4Address = "" }) => addressNumber(IPv4Address.split("/")[0] ?? "") ?? [],
  );
  for (let tried = 0; tried < slots; tried++) {
    const end = subnet.last - 1 - 2 * size * ((slot + tried) % slots);
    const start = end - 2 * size + 1;
    if (start <= subnet.first + 2 * size) continue;
    if (used.some((address) => address >= start && address <= end)) continue;
    return {
      gateway: config?.Gateway ?? addressText(subnet.first + 1),
      balancer: { start: addressText(end - size + 1), end: addressText(end) },
      egress: { start: addressText(start), end: addressText(start + size - 1) },
    };
  }
  throw new Error(
    `the docker network ${config?.Subnet ?? ""} has no free range of ${2 * size} addresses. Remedy: set loadBalancer.range and egress.pool, or remove containers.`,
  );
}
