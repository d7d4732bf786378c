/** Finds programs in fixed places, not in the host's own PATH: what builds the sandbox must not depend on who starts us. */
import { access, constants } from "node:fs/promises";
import { join } from "node:path";

/** Also the PATH of agents, unless they are given another. */
export const SEARCH_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin";

/** The absolute path of an executable, or undefined when no folder of the path has it. */
export async function findProgram(name: string, searchPath = SEARCH_PATH): Promise<string | undefined> {
  for (const folder of searchPath.split(":")) {
    const path = join(folder, name);
    const usable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (usable) return path;
  }
  return undefined;
}
