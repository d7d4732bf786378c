/**
 * The host's note that a workspace is whole, beside it and out of the agent's reach: `workspaces/<task>.json`. It appears in
 * one step after the checkout and disappears before anything is removed, so a crash never leaves a lie.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { z } from "zod";

const schema = z.strictObject({
  branch: z.string(),
  baseSha: z.string().length(40),
  uid: z.int().optional(),
  /** Where its sandbox showed it; none for one that was made to be seen at its own path. */
  seenAt: z.string().optional(),
});

export type WorkspaceRecord = z.infer<typeof schema>;

const recordFile = (workspaceDir: string) => `${workspaceDir}.json`;

/** Undefined when there is none, or none that can be read: both mean that the workspace must be made anew. */
export function readRecord(workspaceDir: string): WorkspaceRecord | undefined {
  let text: string;
  try {
    text = readFileSync(recordFile(workspaceDir), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined; // cut off by a power failure
  }
}

export function writeRecord(workspaceDir: string, record: WorkspaceRecord): void {
  const file = recordFile(workspaceDir);
  writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

export const removeRecord = (workspaceDir: string): void => rmSync(recordFile(workspaceDir), { force: true });
