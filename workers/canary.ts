/**
 * Has this host show, while it is idle, that it can work: a job in its own lane, taken like any other, and a program in the sandbox that
 * writes a file and reads it again. What came of it stands in the host's registration.
 */
import { chown, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Canary, sendCanary } from "../src/task/canary.ts";
import type { HostInfo } from "../src/task/hosts.ts";
import { visibleText } from "../src/text/clean.ts";
import type { Room } from "./room.ts";
import type { Shared } from "./run/run.ts";
import { runProgram } from "./run-program.ts";
import { SEARCH_PATH } from "./sandbox/find-program.ts";
import type { SlotUser } from "./sandbox/sandbox.ts";
import type { Slots } from "./slots.ts";

/** After the start, when the sandbox has just passed its self-test, ms; and from then on. */
export type CanaryTimes = { firstMs: number; everyMs: number };
const CANARY_TIMES: CanaryTimes = { firstMs: 60_000, everyMs: 10 * 60_000 };

const WITHIN_MS = 20_000;
const WHY_MAX = 300;
const SCRIPT = 'echo alive > "$HOME/canary" && cat "$HOME/canary"';

export type CanaryKeeper = {
  start(): void;
  /** Carries one out whose job was taken; returns at once. */
  begin(user: SlotUser): void;
  stop(): Promise<void>;
};

export type CanaryOptions = {
  shared: Shared;
  slots: Pick<Slots, "runs" | "putBack">;
  room: Pick<Room, "isFree">;
  announce: (news: Pick<HostInfo, "canary">) => Promise<void>;
  times?: CanaryTimes;
};

export function makeCanaryKeeper({ shared, slots, room, announce, times = CANARY_TIMES }: CanaryOptions): CanaryKeeper {
  const { redis, hostId, log } = shared;
  const stopping = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let last: Canary | undefined;
  let underWay: Promise<void> = Promise.resolve();

  /** A host that works shows that it can. */
  async function ask(): Promise<void> {
    if (slots.runs().length > 0 || !room.isFree()) return;
    const { at, ms, failed } = last ?? {};
    // One that is not carried out stays asked for since then.
    const isOpen = last !== undefined && (at === undefined || at < last.askedAt);
    const askedAt = isOpen && last ? last.askedAt : Date.now();
    last = {
      askedAt,
      ...(at !== undefined && { at }),
      ...(ms !== undefined && { ms }),
      ...(failed !== undefined && { failed }),
    };
    await announce({ canary: last });
    await sendCanary(redis, hostId, askedAt);
  }

  async function carryOut(user: SlotUser): Promise<void> {
    const begun = performance.now();
    const askedAt = last?.askedAt ?? Date.now();
    const failed = await tryIn(shared, user, stopping.signal).finally(() => slots.putBack(user));
    if (stopping.signal.aborted) return;
    const ms = Math.round(performance.now() - begun);
    last = { askedAt, at: Date.now(), ms, ...(failed !== undefined && { failed }) };
    if (failed !== undefined) log.error({ why: failed }, "this host cannot carry out the least of jobs");
    await announce({ canary: last });
  }

  function plan(inMs: number): void {
    timer = setTimeout(() => {
      ask()
        .catch((error: unknown) => log.warn({ err: error }, "this host could not be asked whether it can work"))
        .finally(() => {
          if (!stopping.signal.aborted) plan(times.everyMs);
        });
    }, inMs).unref();
  }

  return {
    start: () => plan(times.firstMs),
    begin(user) {
      underWay = carryOut(user).catch((error: unknown) =>
        log.warn({ err: error }, "Redis does not hear whether this host can work"),
      );
    },
    async stop() {
      stopping.abort();
      clearTimeout(timer);
      await underWay;
    },
  };
}

/** Why it did not work; undefined: it did. */
async function tryIn({ dataDir, driver }: Shared, user: SlotUser, signal: AbortSignal): Promise<string | undefined> {
  const home = join(dataDir, "host", "sandbox", "canary");
  try {
    // Of a host that was killed while it tried.
    await rm(home, { recursive: true, force: true });
    await mkdir(home, { mode: 0o700 });
    if (user.uid !== undefined) await chown(home, user.uid, user.gid ?? user.uid);
    const env = { LANG: "C.UTF-8", TERM: "dumb", PATH: SEARCH_PATH, HOME: home, TMPDIR: home };
    const confinement = { user, cwd: home, env, mounts: [{ source: home, writable: true }] };
    const [file = "", ...args] = driver.wrap(confinement, ["sh", "-c", SCRIPT]);
    const end = await runProgram({ file, args, env, timeoutMs: WITHIN_MS, maxOutputBytes: 10_000, signal });
    if (end.exitCode === 0 && end.stdout === "alive\n") return undefined;
    const how = end.timedOut
      ? `did not end within ${WITHIN_MS / 1_000} s`
      : `ended with exit code ${end.exitCode ?? "none"}`;
    return short(`a program in the sandbox ${how}: ${end.stderr}`);
  } catch (error) {
    return short(
      `no program could be started in the sandbox: ${error instanceof Error ? error.message : String(error)}`,
    );
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

const short = (text: string): string => visibleText(text).replaceAll(/\s+/g, " ").trim().slice(0, WHY_MAX);
