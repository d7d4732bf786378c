/**
 * The files of a step's folder that host and wrapper share: `run.sh` and `go` in, `pid` and `exit` out. The wrapper writes each
 * answer with a closing newline, so a half-written one is never mistaken for a whole one.
 */
import { access, constants, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { shellWord, shellWords } from "../../src/text/shell-words.ts";
import { RUN_VARIABLE, readProcess } from "../sandbox/processes.ts";

/** The wrapper of a step, named for good: pid, start time (clock ticks since boot) and boot. `view`: its `tail`. */
export type Wrapper = { pid: number; start: string; boot: string; view: number };

export const stepFiles = (dir: string) => ({
  fifo: join(dir, "fifo"),
  go: join(dir, "go"),
  run: join(dir, "run.sh"),
  pid: join(dir, "pid"),
  exit: join(dir, "exit"),
  latch: join(dir, "latch"),
  stderr: join(dir, "stderr"),
  times: join(dir, "times"),
});

/**
 * Writes what the wrapper runs. Environment and arguments travel in this file, which only we can read, and not in
 * anybody's arguments, which the whole machine can read.
 * @throws when the step was started before, its input is missing, or a variable cannot be set by a shell
 */
export async function writeLaunch(dir: string, setsid: string, step: LaunchedStep): Promise<void> {
  const files = stepFiles(dir);
  if ((await readText(files.pid)) !== undefined) throw new Error(`the step in ${dir} was started already: adopt it`);
  if (step.stdinFile !== undefined) await access(step.stdinFile, constants.R_OK);
  await writeFile(files.run, launchScript(setsid, step), { mode: 0o600 });
}

/** `joins`: files of control groups that it is to be in from its first moment. `beside`: what is open for it at BESIDE. */
export type LaunchedStep = {
  command: readonly string[];
  env: Record<string, string>;
  stdinFile?: string;
  joins?: readonly string[] | undefined;
  beside?: string | undefined;
};

/** Should memory run out, the kernel ends what agents run before anything else; where the host is root none can undo it. */
const FIRST_TO_GO = "{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null";

/** A session of its own, so that nothing typed into the pane, and no end of the pane, reaches the command. */
export function launchScript(setsid: string, { command, env, joins = [], beside }: LaunchedStep): string {
  const variables = Object.entries(env).map(([name, value]) => {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) throw new Error(`not a variable name: ${JSON.stringify(name)}`);
    return `export ${name}=${shellWord(value)}`;
  });
  const lines = [
    "exec 8<&-",
    FIRST_TO_GO,
    // Nothing of it runs without its limits: "0" is whoever writes it.
    ...joins.map((file) => `echo 0 >${shellWord(file)} || exit 125`),
    ...(beside === undefined ? [] : [`exec ${BESIDE}>>${shellWord(beside)}`]),
    "unset PWD OLDPWD SHLVL",
    ...variables,
    `exec ${shellWords([setsid, ...command])}`,
  ];
  return `${lines.join("\n")}\n`;
}

/** It may hold secrets and was read when the wrapper said that it started. */
export const removeLaunch = (dir: string) => rm(stepFiles(dir).run, { force: true });

/** How a step's wrapper says that it ended: with the program's exit code, or with a latch whose host had gone. */
export type Exit = { exitCode: number } | { begun: false };

/**
 * The processor time of all that the step's command has run and waited for, ms, as its wrapper notes it down at the end; undefined when it
 * did not, or not yet.
 */
export async function readTimes(dir: string): Promise<number | undefined> {
  // times(1p): the shell's own, and then that of its children; of each in user mode and in the kernel.
  const [, children] = ((await readText(stepFiles(dir).times)) ?? "").split("\n");
  const parts = [...(children ?? "").matchAll(/(\d+)m(\d+(?:\.\d+)?)s/g)];
  if (parts.length !== 2) return undefined;
  return parts.reduce((sum, [, minutes, seconds]) => sum + (Number(minutes) * 60 + Number(seconds)) * 1_000, 0);
}

/** Undefined when the wrapper did not say it, or not yet. */
export async function readExit(dir: string): Promise<Exit | undefined> {
  const text = await readText(stepFiles(dir).exit);
  return text?.endsWith("\n") ? parseExit(text.slice(0, -1)) : undefined;
}

export function parseExit(word: string): Exit | undefined {
  if (word === "left") return { begun: false };
  return /^\d{1,3}$/.test(word) ? { exitCode: Number(word) } : undefined;
}

/** Whether the step's program was let through its latch. What was killed before, or whose sandbox failed, never began. */
export const hasBegun = async (dir: string): Promise<boolean> => (await readText(stepFiles(dir).latch)) === "begun\n";

export async function readWrapper(dir: string): Promise<Wrapper | undefined> {
  const text = await readText(stepFiles(dir).pid);
  return text?.endsWith("\n") ? parseWrapper(text) : undefined;
}

export function parseWrapper(text: string): Wrapper | undefined {
  const [, pid, start, boot, view] = /^(\d+) (\d+) ([0-9a-f-]{36}) (\d+)$/.exec(text.trim()) ?? [];
  if (start === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), start, boot, view: Number(view) };
}

/** Whether this very process still runs: not another one with its number, not one from before a reboot. */
export function isAlive(wrapper: Wrapper, boot: string): boolean {
  return wrapper.boot === boot && readProcess(wrapper.pid)?.start === wrapper.start;
}

export const readBootId = async () => (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();

/** Where a step finds the file for what runs beside its program, when it has one: neither step.sh nor the latch uses the descriptor. */
export const BESIDE = 5;

/** The mark by which everything that a step started is found again. */
export const markOf = (env: Record<string, string>): string | undefined => env[RUN_VARIABLE];

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
