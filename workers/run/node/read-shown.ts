/** Reads the files that a node's agent is to be shown, from the commit that it begins on: never from a folder in which somebody could have left a link. */
import type { PlanNode } from "../../../src/task/plan.ts";
import { FILE_LIMITS, type ShownFile } from "../../agents/prompt-files.ts";
import { TooLarge } from "../../workspace/git-errors.ts";
import type { Mirror } from "../../workspace/mirror.ts";
import { readFilesAt } from "../../workspace/read-file-at.ts";
import type { Run } from "../run.ts";

/** Never fails: an agent that is shown nothing reads for itself. */
export async function readShown(
  { log }: Pick<Run, "log">,
  { reads = [] }: Pick<PlanNode, "reads">,
  { mirror, sha }: { mirror: Mirror; sha: string },
): Promise<ShownFile[]> {
  const read = async (path: string): Promise<ShownFile> => {
    try {
      const [file] = await readFilesAt(mirror, sha, [path], FILE_LIMITS.each);
      // What is no text would be no help.
      return { path, text: file?.text.includes("\0") ? undefined : file?.text };
    } catch (error) {
      if (!(error instanceof TooLarge)) log.warn({ err: error }, "a file cannot be shown to the agent");
      return { path, text: undefined };
    }
  };
  return await Promise.all(reads.map(read));
}
