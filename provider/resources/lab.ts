import { z } from "zod";
import { absolutePath, labId } from "../lib/check.ts";
import { labOfFolder, makeLabFolder } from "../lib/labs.ts";
import { gone, orUndo, type ResourceType } from "../lib/resource.ts";
import type { LabArgs, LabState } from "../schema.ts";
import { sweepLab } from "../sweep.ts";

const args = z.strictObject({ labId, dir: absolutePath, path: z.array(absolutePath) });

function stateOf({ labId, dir, path }: LabArgs): LabState {
  return { labId, dir, path, ref: { id: labId, dir, path } };
}

/** The root of a lab. Its create and its delete sweep whatever carries the lab's mark. */
export const lab: ResourceType<LabArgs, LabState> = {
  args,
  inPlace: ["path"],
  id: ({ labId }) => labId,

  async create(lab, { commands }) {
    const { ref } = stateOf(lab);
    // There is no lab in the engine's state: what is there was left by one that was killed.
    await sweepLab(ref, commands);
    return orUndo(
      () => {
        makeLabFolder(lab.dir, lab.labId);
        return Promise.resolve(stateOf(lab));
      },
      async () => {
        await sweepLab(ref, commands);
      },
    );
  },

  read: (state) => Promise.resolve(labOfFolder(state.dir) === state.labId ? { gone: false, state, drift: [] } : gone),

  update: (_state, lab) => Promise.resolve(stateOf(lab)),

  async delete({ ref }, { commands }) {
    await sweepLab(ref, commands);
  },
};
