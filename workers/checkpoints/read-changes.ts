/**
 * What a checkpoint changes, as a diff for people. Made from the store that only this host can write to, whose objects were checked when they arrived:
 * no configuration, attribute or program of the agent's has a say in it.
 */
import { type ChangesAnswer, MAX_DIFF } from "../../src/task/unpublished.ts";
import { visibleText } from "../../src/text/clean.ts";
import { redact } from "../../src/text/secret-patterns.ts";
import { hostGit } from "../workspace/git.ts";
import { checkpointDir, readCheckpoint } from "./checkpoint-store.ts";

const DIFF_MS = 10_000;
/** Whatever is larger is shown as a name only: who compares it line by line takes all day. */
const BIG_FILE = "1m";

/** `gone` where there is no checkpoint, or git cannot compare it in time. */
export async function readChanges(dataDir: string, taskId: string, signal: AbortSignal): Promise<ChangesAnswer> {
  const kept = readCheckpoint(dataDir, taskId);
  if (!kept) return "gone";
  const { baseSha, all, takenAt } = kept;
  const settings = ["-c", "core.quotePath=false", "-c", `core.bigFileThreshold=${BIG_FILE}`];
  const how = ["--no-color", "--no-ext-diff", "--no-textconv", "--find-renames", "--src-prefix=a/", "--dst-prefix=b/"];
  const args = [...settings, "diff", ...how, baseSha, all];
  const done = await hostGit(checkpointDir(dataDir, taskId), args, {
    timeoutMs: DIFF_MS,
    maxOutputBytes: MAX_DIFF,
    signal,
  });
  if (done.exitCode !== 0 && !done.truncated) return "gone";
  const text = done.truncated ? done.stdout.slice(0, done.stdout.lastIndexOf("\n") + 1) : done.stdout;
  return { baseSha, takenAt, whole: !done.truncated, diff: redact(visibleText(text)) };
}
