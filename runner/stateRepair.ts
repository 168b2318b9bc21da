/** What an update that failed half-way leaves in the engine's state, and the engine itself cannot get over. Pure. */
import { z } from "zod";

const resourceSchema = z.looseObject({
  urn: z.string(),
  id: z.string().optional(),
  provider: z.string().optional(),
  pendingReplacement: z.boolean().optional(),
});
const stateSchema = z.looseObject({
  checkpoint: z.looseObject({ latest: z.looseObject({ resources: z.array(resourceSchema) }) }),
});

/** What a repair gives. */
export interface RepairedState {
  /** The state file's new text. */
  readonly text: string;
  /** Number of resources that were put right. */
  readonly count: number;
}

/**
 * When another cluster takes the place of one, what stood on the first is gone, and stays in the state as "pending replacement"
 * until it is made anew. An update that fails before that leaves it with the first cluster's provider, which is in the state no
 * more, and the engine then does nothing at all for want of it, not even a destroy. It gets the provider that has taken its place:
 * the engine only uses it to forget the resource, or to make it anew.
 * @returns undefined when there is nothing to put right
 */
export function withKnownProviders(text: string): RepairedState | undefined {
  const parsed = stateSchema.safeParse(JSON.parse(text));
  if (!parsed.success) return undefined;
  const { resources } = parsed.data.checkpoint.latest;
  const references = new Set(resources.map(({ urn, id = "" }) => `${urn}::${id}`));
  const current = new Map(resources.map(({ urn, id = "" }) => [urn, `${urn}::${id}`]));
  let count = 0;
  for (const resource of resources) {
    const { provider = "", pendingReplacement = false } = resource;
    if (!pendingReplacement || provider === "" || references.has(provider)) continue;
    const successor = current.get(provider.slice(0, provider.lastIndexOf("::")));
    if (successor === undefined) continue;
    resource.provider = successor;
    count++;
  }
  return count === 0 ? undefined : { text: JSON.stringify(parsed.data, null, 4), count };
}
