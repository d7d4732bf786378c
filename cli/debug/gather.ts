/**
 * All that there is to know of a task, by the names of files: what Redis has of it, what this machine's worker host keeps of its runs,
 * and how this machine stands. Bounded: of a long text the end.
 */
import { lstatSync, readdirSync } from "node:fs";
import { release } from "node:os";
import { basename, join } from "node:path";
import type { Redis } from "ioredis";
import type { Env } from "../../src/config.ts";
import { dataDirOf } from "../../src/data-dir.ts";
import { SETTINGS } from "../../src/settings/environment.ts";
import { keys } from "../../src/task/keys.ts";
import { MAX_RUN_EVENTS, readRunEvents } from "../../src/task/run-events.ts";
import type { Task } from "../../src/task/task.ts";
import { VERSION } from "../../src/task/version.ts";
import { visibleText } from "../../src/text/clean.ts";
import { runsDir } from "../../workers/run/run.ts";
import { runOfDir } from "../../workers/run/run-record.ts";
import { openPlain, transcriptOf } from "../../workers/show-output/transcripts.ts";
import { viewsOf } from "../views-of.ts";

/** By name: a text, or what is to be written as JSON. */
export type Gathered = Map<string, unknown>;

const MOST_BYTES = 256 * 1024;
/** The latest of them, of a task that was tried again and again. */
const MOST_RUNS = 5;
const MOST_STEPS = 12;

/** `doctor`: what that says of this machine. */
export async function gather(redis: Redis, env: Env, task: Task, doctor: () => Promise<object>): Promise<Gathered> {
  const { store, views } = viewsOf(redis);
  const { id } = task.spec;
  const [{ answer }, timeline, record] = await Promise.all([
    views.ofTask(task),
    store.events(id),
    redis.hget(keys.task(id), "record"),
  ]);
  const plan = task.spec.team ? await store.plans.read(id) : undefined;
  const gathered: Gathered = new Map<string, unknown>([
    ["record.json", parsed(record)],
    ["why.json", answer],
    ["timeline.json", timeline],
    ...(plan ? [["plan.json", plan] as const] : []),
    ["settings.json", settingsIn(env)],
    ["versions.json", versions()],
    ["doctor.json", await doctor()],
  ]);
  for (const run of runsOf(task)) {
    const { events } = await readRunEvents(redis, id, run, { limit: MAX_RUN_EVENTS });
    if (events.length > 0) gathered.set(`run-${run}/events.json`, events);
  }
  for (const [name, text] of await keptHere(dataDirOf(env), id)) gathered.set(name, text);
  return gathered;
}

const runsOf = ({ epoch }: Task): number[] =>
  Array.from({ length: Math.min(epoch, MOST_RUNS) }, (_, back) => epoch - back).reverse();

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return text; // in doubt: as it stands there
  }
}

/** Names, and whether they are set; never what to. */
const settingsIn = (env: Env): Record<string, "set" | "unset"> =>
  Object.fromEntries(Object.keys(SETTINGS).map((name) => [name, env[name] ? "set" : "unset"]));

const versions = () => ({
  orch: VERSION,
  node: process.version,
  system: `${process.platform} ${process.arch} ${release()}`,
  libraries: process.versions,
});

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
