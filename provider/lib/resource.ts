/** What a resource type of the provider is. */
import type { z } from "zod";
import type { Commands } from "./commands.ts";
import { messageOf, ProviderError } from "./errors.ts";

/** What operations work with. */
export interface Context {
  readonly commands: Commands;
  /** Aborted when the engine cancels or the provider is told to stop. */
  readonly signal: AbortSignal;
}

/** What `read` found. */
export type Reading<State> =
  | { readonly gone: true }
  /** `state` holds the real values; `drift` tells in words what differs and is not in them. */
  | { readonly gone: false; readonly state: State; readonly drift: readonly string[] };

export const gone: { readonly gone: true } = { gone: true };

/**
 * One resource type. `create` leaves nothing half-made when it fails, and clears away what an earlier, killed create
 * left. `delete` may find anything missing.
 */
export interface ResourceType<Args extends object, State extends Args> {
  /** Checks the arguments; its keys are the type's input properties. */
  readonly args: z.ZodType<Args> & { readonly shape: Readonly<Record<string, unknown>> };
  /** Properties that `update` changes; any other replaces the resource. */
  readonly inPlace: readonly (keyof Args & string)[];
  /** Properties in `inPlace` that this particular change cannot be made of in place. */
  mustReplace?(state: State, args: Args): string[];
  /** The id in the engine's state. */
  id(args: Args): string;
  create(args: Args, context: Context): Promise<State>;
  read(state: State, context: Context): Promise<Reading<State>>;
  /** Also repairs what `read` saw. Without it the new arguments are only noted. */
  update?(state: State, args: Args, context: Context): Promise<State>;
  delete(state: State, context: Context): Promise<void>;
}

/** Makes something; if that fails, removes what was made of it. */
export async function orUndo<T>(make: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    try {
      await undo();
    } catch (second) {
      throw new ProviderError(`${messageOf(error)}\nClearing up after that failed too: ${messageOf(second)}`);
    }
    throw error;
  }
}
