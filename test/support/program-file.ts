/**
 * Which file bot and worker host run from in a test: the one that `orch start` makes of each, so that what is tested is what
 * runs. It also starts with half the work of the sources, which load a thousand modules. `ORCH_AS_SOURCES=yes` before a test
 * runs the sources, whose lines then stand in stack traces.
 */
import { type ProgramName, programFiles } from "../../cli/program-files.ts";

const files = programFiles({
  asSources: process.env.ORCH_AS_SOURCES === "yes",
  say: (why) => {
    throw new Error(why);
  },
});
const found = new Map<ProgramName, Promise<string>>();

/** Looks for changed sources once per test file. Rejects where no file can be made. */
export function fileOfProgram(name: ProgramName): Promise<string> {
  const file = found.get(name) ?? files.of(name);
  found.set(name, file);
  return file;
}
