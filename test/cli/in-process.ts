/** A verb of the command line within the test's own process: what it prints, and its exit code. */
import { vi } from "vitest";
import { exitCodeOf } from "../../cli/exit-code.ts";
import type { Said } from "./run-orch.ts";

/** `columns`: as on a terminal of that width; none: through a pipe. An error is said as `orch` says it. */
export async function inProcess(
  verb: () => Promise<number>,
  { columns }: { columns?: number | undefined } = {},
): Promise<Said> {
  const said = { stdout: "", stderr: "" };
  const into = (name: "stdout" | "stderr") =>
    vi.spyOn(process[name], "write").mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  const spies = [into("stdout"), into("stderr")];
  const before = { isTTY: process.stdout.isTTY, columns: process.stdout.columns };
  Object.assign(process.stdout, { isTTY: columns !== undefined, columns });
  try {
    return { code: await verb(), ...said };
  } catch (error) {
    return { code: exitCodeOf(error), ...said, stderr: `${said.stderr}orch: ${(error as Error).message}\n` };
  } finally {
    Object.assign(process.stdout, before);
    for (const spy of spies) spy.mockRestore();
  }
}
