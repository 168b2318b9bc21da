import { doctor, doctorExitCode, renderDoctor } from "../doctor.ts";
import { wantsColours } from "../paint.ts";
import type { CommonFlags } from "./context.ts";
import { writeJson } from "./output.ts";

export async function doctorCommand(root: string, flags: CommonFlags): Promise<number> {
  const report = await doctor(root);
  if (flags.json === true) writeJson(report);
  else process.stdout.write(renderDoctor(report, wantsColours(process.stdout)));
  return doctorExitCode(report);
}
