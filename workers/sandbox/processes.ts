/**
 * What runs on this machine, read from /proc: who descends from whom, which processes carry a run's mark, and how to
 * end them so that none is left. A dead process that its parent has not collected yet (a zombie) counts as gone.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";

/** The variable that marks every process of a run. Its value is what `Marked.run` names. */
export const RUN_VARIABLE = "ORCH_RUN";

/**
 * The processes of one run: those with its mark, and with `uid` also all of that user, who is the run's alone: a mark can
 * be removed and forged. `step`: the folder of a step whose wrapper died. What it was about to start is still our own
 * user's then, and may not bear the mark yet, only the wrapper's command line; left alone it would become an agent that
 * nobody watches.
 */
export type Marked = { run: string; uid?: number; step?: string };

/** `workedMs`: its processor time, and that of its children which it has collected. */
export type Process = {
  pid: number;
  parent: number;
  state: string;
  start: string;
  name: string;
  workedMs: number;
  threads: number;
};

/** What /proc counts processor time in, ms: 100 ticks a second on every machine that Node runs on. */
const TICK_MS = 10;

/** A kernel can be built without (CONFIG_PROC_CHILDREN). */
const LISTS_CHILDREN = existsSync(`/proc/self/task/${process.pid}/children`);

/** One process, or undefined when it is gone. */
export function readProcess(pid: number): Process | undefined {
  const process = readStat(pid);
  return process && isGone(process) ? undefined : process;
}

const isGone = ({ state }: Process): boolean => state === "Z" || state === "X";

/** How many fields after the name are looked at. */
const FIELDS = 20;

/** Field numbers: proc(5), `/proc/pid/stat`. */
function readStat(pid: number): Process | undefined {
  const text = readText(`/proc/${pid}/stat`);
  const end = text.lastIndexOf(")"); // a name may hold spaces and brackets itself
  if (end < 0) return undefined;
  const fields = text.slice(end + 2).split(" ", FIELDS);
  const [state = "Z", parent = "0"] = fields;
  const workedMs = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks) * TICK_MS, 0);
  const name = text.slice(text.indexOf("(") + 1, end);
  return { pid, parent: Number(parent), state, start: fields[19] ?? "", name, workedMs, threads: Number(fields[17]) };
}

/** Every process that descends from `root` (not itself), parents before children. */
export function descendants(root: number): Process[] {
  return descending(root, allProcesses());
}

/**
 * The processor time of `root` and all that descends from it, ms. What ended counts through the parent that collected it, and
 * until then by itself. So the sum goes down only where a process ends whose parent does not care.
 */
export function processorTime(root: number): number {
  return treeOf(root).reduce((sum, { workedMs }) => sum + workedMs, 0);
}

/** From one process to the next where the kernel lists children: a host with many runs would else read all of /proc for each. */
export function treeOf(root: number): Process[] {
  if (!LISTS_CHILDREN) {
    const all = pids().flatMap((pid) => readStat(pid) ?? []);
    return [...all.filter(({ pid }) => pid === root), ...descending(root, all)];
  }
  const process = readStat(root);
  return process ? [process, ...childrenOf(process).flatMap(treeOf)] : [];
}

/** Each thread has those that it started, /proc/pid/task/tid/children in proc(5). */
function childrenOf({ pid, threads }: Process): number[] {
  const texts = (threads > 1 ? threadsOf(pid) : [pid]).map((thread) =>
    readText(`/proc/${pid}/task/${thread}/children`),
  );
  return texts.flatMap((text) => text.split(" ").filter(Boolean).map(Number));
}

function threadsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isOver(error)) return [];
    throw error;
  }
}

function descending(root: number, all: readonly Process[]): Process[] {
  const children = Map.groupBy(all, (process) => process.parent);
  const found: Process[] = [];
  let generation = children.get(root) ?? [];
  while (generation.length > 0) {
    found.push(...generation);
    generation = generation.flatMap(({ pid }) => children.get(pid) ?? []);
  }
  return found;
}

export const markedProcesses = (marked: Marked): number[] => scan(marked).found;

/** `vanished`: something ended while we looked, and may have left a child too young to have been on the list. */
function scan({ run, uid, step }: Marked): { found: number[]; vanished: boolean } {
  const mark = `\0${RUN_VARIABLE}=${run}\0`;
  const self = process.getuid?.();
  let vanished = false;
  const found = pids().filter((pid) => {
    const owner = ownerOf(pid);
    vanished ||= owner === undefined;
    // Most processes of a machine belong to others; looking at the owner is much cheaper than at the environment.
    if (owner === undefined) return false;
    if (uid !== undefined && owner !== uid && (step === undefined || owner !== self)) return false;
    // Before the environment: a wrapper's child has the one, and from the moment that it loses it the other.
    const forked = step !== undefined && readText(`/proc/${pid}/cmdline`).includes(`\0${step}\0`);
    const ours = owner === uid || forked || `\0${readText(`/proc/${pid}/environ`)}`.includes(mark);
    const runs = readProcess(pid) !== undefined;
    vanished ||= ours && !runs;
    return ours && runs;
  });
  return { found, vanished };
}

/** The marks that processes bear which we may look into, each with its processes. */
export function allMarks(): Map<string, number[]> {
  const marked = pids().flatMap((pid) => {
    const [, mark] = new RegExp(`\0${RUN_VARIABLE}=([^\0]*)\0`).exec(`\0${readText(`/proc/${pid}/environ`)}`) ?? [];
    return mark !== undefined && readProcess(pid) ? [{ mark, pid }] : [];
  });
  return new Map([...Map.groupBy(marked, ({ mark }) => mark)].map(([mark, all]) => [mark, all.map(({ pid }) => pid)]));
}

/** Our own user's processes that were given this argument. */
export function processesWith(argument: string): Process[] {
  const self = process.getuid?.();
  const given = pids().filter(
    (pid) => ownerOf(pid) === self && readText(`/proc/${pid}/cmdline`).includes(`\0${argument}\0`),
  );
  return given.flatMap((pid) => readProcess(pid) ?? []);
}

/** Sends a signal to one process; false when there is none any more. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw error;
  }
}

/**
 * Kills what carries the mark until nothing does. Repeats, because a process may fork while we look.
 * @throws when something is still there after `withinMs`
 */
export async function endMarked(marked: Marked, withinMs = 10_000): Promise<void> {
  const deadline = performance.now() + withinMs;
  // On a busy machine something always vanishes; of ours, three looks in a row miss nothing but a runaway forker.
  let empty = 0;
  for (let pause = 1; ; pause = Math.min(pause * 2, 50)) {
    const { found, vanished } = scan(marked);
    empty = found.length === 0 ? empty + 1 : 0;
    if (empty === 3 || (empty > 0 && !vanished)) return;
    if (performance.now() > deadline) throw new Error(`processes of run ${marked.run} do not end: ${found.join(" ")}`);
    for (const pid of found) signal(pid, "SIGKILL");
    await delay(pause);
  }
}

function allProcesses(): Process[] {
  return pids().flatMap((pid) => readProcess(pid) ?? []);
}

function pids(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function ownerOf(pid: number): number | undefined {
  return statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid;
}

/**
 * Empty for a process that is gone, is ending, or may not be looked at. As UTF-8, which Node reads without a buffer: of any
 * other file in /proc, all of which say that they are empty, it takes 64 kB for each.
 */
export function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isOver(error)) return "";
    throw error;
  }
}

const isOver = (error: unknown): boolean =>
  ["ENOENT", "ESRCH", "EACCES", "EPERM"].includes((error as NodeJS.ErrnoException).code ?? "");
