/**
 * All that there is to know of a task, by the names of files: what Redis has of it, what this machine's worker host keeps of its runs,
 * and how this machine stands. Bounded: of a long text the end.
 */
import { lstatSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import type { Gathered } from "../../src/debug/bundle.ts";
import { gatherTask, MOST_RUNS, parsed, settingsIn } from "../../src/debug/gather-task.ts";
import type { Task } from "../../src/task/task.ts";
import { visibleText } from "../../src/text/clean.ts";
import { runsDir } from "../../workers/run/run.ts";
import { runOfDir } from "../../workers/run/run-folder.ts";
import { openPlain, transcriptOf } from "../../workers/show-output/transcripts.ts";
import { viewsOf } from "../views-of.ts";

const MOST_BYTES = 256 * 1024;
const MOST_STEPS = 12;

/** `doctor`: what that says of this machine. */
export async function gather(redis: Redis, env: Env, task: Task, doctor: () => Promise<object>): Promise<Gathered> {
  const gathered = await gatherTask({ redis, ...viewsOf(redis) }, task);
  gathered.set("settings.json", settingsIn(env)).set("doctor.json", await doctor());
  for (const [name, text] of await keptHere(dataDirOf(env), task.spec.id)) gathered.set(name, text);
  return gathered;
}

/** Of runs on this machine, as far as they are kept and this user may read them: what the host remembers, and the end of each transcript. */
async function keptHere(dataDir: string, id: string): Promise<[string, unknown][]> {
  const dir = runsDir(dataDir);
  const folders = listed(dir)
    .map((name) => join(dir, name))
    .filter((path) => runOfDir(path)?.taskId === id)
    .sort((one, other) => (runOfDir(one)?.epoch ?? 0) - (runOfDir(other)?.epoch ?? 0))
    .slice(-MOST_RUNS);
  const found = folders.map(async (folder): Promise<[string, unknown][]> => {
    const name = `run-${runOfDir(folder)?.epoch}`;
    const steps = listed(folder)
      .map((step) => ({ step, file: lstatSync(transcriptOf(folder, step), { throwIfNoEntry: false }) }))
      .filter(({ file }) => file?.isFile())
      .sort((one, other) => (one.file?.mtimeMs ?? 0) - (other.file?.mtimeMs ?? 0))
      .slice(-MOST_STEPS);
    const run = await endOf(folder, "run.json");
    const texts = steps.map(async ({ step }): Promise<[string, string]> => {
      const text = await endOf(join(folder, step), basename(transcriptOf(folder, step)));
      return [`${name}/${step}.transcript.log`, visibleText(text ?? "")];
    });
    const own: [string, unknown][] = run === undefined ? [] : [[`${name}/run.json`, parsed(run)]];
    return [...own, ...(await Promise.all(texts))];
  });
  return (await Promise.all(found)).flat();
}

/** Names of folders; none where it is not there, or another user's. */
function listed(dir: string): string[] {
  try {
    const all = readdirSync(dir, { withFileTypes: true });
    return all.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Undefined where there is none. What an agent could put in its place is not read: a link to another file, or a pipe, which is never at its end. */
async function endOf(dir: string, name: string): Promise<string | undefined> {
  const file = await openPlain(join(dir, name));
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    const from = Math.max(0, size - MOST_BYTES);
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(size - from), position: from });
    const text = buffer.toString("utf8", 0, bytesRead);
    // The first line may begin in the middle of a secret, which is not known by its end.
    return from === 0 ? text : text.slice(text.indexOf("\n") + 1);
  } finally {
    await file.close();
  }
}
