/**
 * Steps in tmux sessions: started (held back at first, if wanted), watched, taken up again after a restart of the host,
 * stopped. A step is one confined program under a small shell wrapper; it depends neither on this process nor on the tmux
 * server to go on, and when it has ended nothing that it started is left.
 */
import { setTimeout as delay } from "node:timers/promises";
import { findProgram } from "../sandbox/find-program.ts";
import { endMarked } from "../sandbox/processes.ts";
import type { SlotUser } from "../sandbox/sandbox.ts";
import { TmuxError } from "./control-client.ts";
import { type Fifos, openFifos } from "./fifos.ts";
import { holdLatch } from "./latch.ts";
import { openServer, type TmuxServer } from "./server.ts";
import {
  isAlive,
  markOf,
  readBootId,
  readWrapper,
  removeLaunch,
  stepFiles,
  type Wrapper,
  writeLaunch,
} from "./step-files.ts";
import { stopStep } from "./stop.ts";
import { closeTeam, planOfSession, showFileInTeam, showInTeam } from "./team-session.ts";
import { checkName, endSession, newSession, sessionNames } from "./tmux-session.ts";
import { type StepEnd, type Watch, watchStep } from "./watch.ts";

export type { StepEnd } from "./watch.ts";

export type StepSpec = {
  /** The step's folder: absolute, ours, existing. Holds stdout, stderr, exit, pid, fifo. */
  dir: string;
  /** `latched`, then wrapped by the sandbox driver. */
  command: readonly string[];
  /** The command's whole environment. `ORCH_RUN` in it is the mark by which leftovers are found and ended. */
  env: Record<string, string>;
  stdinFile?: string;
  /** The file that the pane shows; exists. */
  transcript: string;
  /** The net under all deadlines: after this the step ends even if its host never comes back. */
  endAfterMs: number;
  /** Files of the control groups that it joins before it begins. */
  joins?: readonly string[] | undefined;
  /** The file for what runs beside its program. Absolute, ours, existing. */
  beside?: string | undefined;
  /** Where the user has a uid of his own: what he runs without any mark is ended with the step as well. */
  user?: SlotUser;
};

export type RunningStep = {
  /** Of the wrapper; 0 when it never came to start. */
  pid: number;
  /** What shows its output in its pane, below the wrapper. */
  view?: number | undefined;
  /** Resolves when the command has ended and nothing it started is left. Rejects when something cannot be ended. */
  ended: Promise<StepEnd>;
  /** SIGTERM to the confined programs, SIGKILL to all after `graceMs`; resolves when everything is gone. */
  stop(graceMs: number): Promise<void>;
  /** Stops watching; the program goes on, and `ended` stays open. */
  detach(): void;
};

/** A step whose wrapper runs, whose sandbox is coming up, and whose program waits at the latch. */
export type HeldStep = {
  /** Lets the program begin; call it once. A host that ends without it leaves nothing running. */
  letGo(): RunningStep;
};

export type Sessions = {
  /** Everything of `start` but the last word. @throws as `start` does */
  hold(session: string, step: StepSpec): Promise<HeldStep>;
  /** @throws when the session runs already, or the wrapper does not come up */
  start(session: string, step: StepSpec): Promise<RunningStep>;
  /** After a restart of the host: takes up a step that was started earlier, be it alive, ended or lost. */
  adopt(session: string, step: StepSpec): Promise<RunningStep>;
  /** Names of all sessions, also of those that we did not start in this process. */
  list(): Promise<string[]>;
  /** Ends a session with all that runs in it; fine when there is none. */
  kill(session: string): Promise<void>;
  /** Shows a step in the session of its team's plan as well, under this name. */
  show(session: string, team: { plan: string; window: string }): Promise<void>;
  /** Shows a file in a window of that session, for as long as the process lives. */
  showFile(team: { plan: string; window: string }, shown: { file: string; pid: number }): Promise<void>;
  /** The plans that have such a session. */
  plans(): Promise<string[]>;
  /** Ends that of a plan, and no step. */
  closePlan(plan: string): Promise<void>;
  /** Our control client and our watching only; sessions live on. */
  close(): Promise<void>;
};

export type SessionsOptions = {
  /** Private folder for socket and FIFOs; created, 0700. Keep it out of every sandbox. */
  dir: string;
  /** `[a-z0-9-]`; one server per host id. */
  hostId: string;
  searchPath?: string;
};

const START_MS = 15_000;
/** How often a step is looked at although no news came. */
const NET_MS = 60_000;

type Running = { step: RunningStep; watch: Watch };
type Context = { server: TmuxServer; fifos: Fifos; boot: string; setsid: string; running: Map<string, Running> };

export async function openSessions(options: SessionsOptions): Promise<Sessions> {
  checkName(options.hostId);
  const program = async (name: string) => {
    const path = await findProgram(name, options.searchPath);
    if (path === undefined)
      throw new TmuxError(`${name} is not installed: on Debian, apt-get install tmux coreutils util-linux`);
    return path;
  };
  const server = await openServer(await program("tmux"), options.dir, options.hostId);
  const fifos = await openFifos(await program("mkfifo"), `${options.dir}/fifos`);
  const running = new Map<string, Running>();
  const context: Context = { server, fifos, running, boot: await readBootId(), setsid: await program("setsid") };
  const net = setInterval(() => {
    // What goes wrong here shows in the step's own `ended`.
    for (const { watch } of running.values()) watch.check().catch(() => {});
  }, NET_MS);
  net.unref();
  return {
    hold: async (session, step) => hold(context, checkName(session), step),
    start: async (session, step) => (await hold(context, checkName(session), step)).letGo(),
    adopt: async (session, step) => adopt(context, checkName(session), step),
    list: async () => (await sessionNames(server)).filter((name) => planOfSession(name) === undefined),
    show: async (session, { plan, window }) =>
      showInTeam(server, checkName(session), { plan: checkName(plan), window: checkName(window) }),
    showFile: async ({ plan, window }, shown) =>
      showFileInTeam(server, { plan: checkName(plan), window: checkName(window) }, shown),
    plans: async () => (await sessionNames(server)).flatMap((name) => planOfSession(name) ?? []),
    closePlan: async (plan) => closeTeam(server, checkName(plan)),
    kill: async (session) => kill(context, checkName(session)),
    async close() {
      clearInterval(net);
      for (const { step } of running.values()) step.detach();
      await server.close();
    },
  };
}

async function hold(context: Context, session: string, step: StepSpec): Promise<HeldStep> {
  if (context.running.has(session)) throw new TmuxError(`session ${session} already runs a step`);
  await writeLaunch(step.dir, context.setsid, step);
  const { fifo, go } = stepFiles(step.dir);
  await Promise.all([context.fifos.place(fifo), context.fifos.place(go)]);
  const latch = holdLatch(go);
  const watch = watchStep(step.dir, context.boot);
  try {
    let up = false;
    watch.started.then(
      () => {
        up = true;
      },
      () => {}, // told below
    );
    const words = [step.dir, step.stdinFile ?? "/dev/null", step.transcript];
    await newSession(context.server, session, { words, endAfterMs: step.endAfterMs }, () => up);
    const wrapper = await inTime(watch.started, `session ${session} did not come up`);
    await removeLaunch(step.dir);
    let begun = false;
    const running = track(context, session, step, watch, wrapper, () => begun);
    running.ended.then(latch.close, latch.close);
    return {
      letGo() {
        begun = true;
        latch.open();
        return running;
      },
    };
  } catch (error) {
    watch.close();
    latch.close();
    // The first error is the one to tell; what could not be cleaned up shows when the name is used again.
    await endSession(context.server, session).catch(() => {});
    throw error;
  }
}

async function adopt(context: Context, session: string, step: StepSpec): Promise<RunningStep> {
  if (context.running.has(session)) throw new TmuxError(`session ${session} is watched already`);
  const watch = watchStep(step.dir, context.boot);
  // In this order: what ends in between has left its name.
  const listed = (await sessionNames(context.server)).includes(session);
  const wrapper = await readWrapper(step.dir);
  if (wrapper !== undefined || !listed) {
    const lost = wrapper === undefined && { ...watch, ended: Promise.resolve<StepEnd>({ lost: true }) };
    await watch.check();
    await removeLaunch(step.dir);
    return track(context, session, step, lost || watch, wrapper);
  }
  // We died between asking tmux for the session and hearing of its start.
  const late = await inTime(watch.started, `session ${session} did not come up`);
  await removeLaunch(step.dir);
  return track(context, session, step, watch, late);
}

/** `begun`: whether its program has; until then the host's own programs may run as its user, and all there is bears the mark. */
function track(
  context: Context,
  session: string,
  step: StepSpec,
  watch: Watch,
  wrapper?: Wrapper,
  begun = () => true,
): RunningStep {
  const mark = markOf(step.env);
  const ended = watch.ended.then(async (end) => {
    const forked = "lost" in end ? { step: step.dir } : {};
    if (mark !== undefined) await endMarked({ run: mark, uid: begun() ? step.user?.uid : undefined, ...forked });
    return end;
  });
  const forget = () => {
    watch.close();
    if (context.running.get(session)?.watch === watch) context.running.delete(session);
  };
  ended.then(forget, forget);
  const running: RunningStep = {
    pid: wrapper?.pid ?? 0,
    view: wrapper?.view,
    ended,
    async stop(graceMs) {
      if (wrapper && isAlive(wrapper, context.boot)) return stopStep(wrapper, graceMs, ended);
      await watch.check();
      await ended;
    },
    detach: forget,
  };
  context.running.set(session, { step: running, watch });
  return running;
}

async function kill(context: Context, session: string): Promise<void> {
  await context.running.get(session)?.step.stop(0);
  await endSession(context.server, session);
}

async function inTime<T>(news: Promise<T>, otherwise: string): Promise<T> {
  const timer = new AbortController();
  const late = delay(START_MS, undefined, { signal: timer.signal }).then(() => {
    throw new TmuxError(`${otherwise} within ${START_MS / 1_000} s`);
  });
  late.catch(() => {}); // it is rejected too when it was not needed
  return Promise.race([news, late]).finally(() => timer.abort());
}
