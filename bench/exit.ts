/** exit → outcome stored: how soon the task record says why an agent is gone. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Benchmark, Options, Report } from "./bench.ts";
import { readStamp, stampScript } from "./start/stamp.ts";
import { median, quantile, round } from "./statistics.ts";
import type { RepositoryWithIssue } from "./system/github.ts";
import { type System, startSystem } from "./system/system.ts";

/** Dies by itself at once; or waits to be killed, when the repository has this file. */
const WAIT_FILE = "wait-to-be-killed";
const AGENT = `if [ -e ${WAIT_FILE} ]; then exec sleep 3456; fi; ${stampScript}; exit 1`;

/** Leaves a session of the size of a long day's work, which its host keeps for a later task. */
const SESSION_MB = 20;
const KEEPER = "keeper";
const KEEPING = `
cat >/dev/null
mkdir -p "$HOME/.own" && head -c ${SESSION_MB * 1024 ** 2} /dev/urandom >"$HOME/.own/session"
echo '{"type":"session","sessionId":"s-1"}'
${stampScript}; exit 1`;
const KEEPS = { kind: "jsonl", command: ["/bin/sh", "-c", KEEPING], sessionPaths: [".own"] };

export const exit: Benchmark = {
  name: "exit",
  title: "exit of the agent → outcome stored",
  rounds: 40,
  run: measure,
};

async function measure({ rounds, say }: Options): Promise<Report> {
  const agents = { [KEEPER]: KEEPS };
  const system = await startSystem({ agent: ["/bin/sh", "-c", AGENT], agents, slots: 1 });
  try {
    const failing = await system.github.create({ name: "failing", files: 10 });
    const killed = await system.github.create({ name: "killed", files: 10, extra: { [WAIT_FILE]: "\n" } });
    const chosen = { ".github/orch.yml": `agent: ${KEEPER}\n` };
    const keeping = await system.github.create({ name: "keeping", files: 10, extra: chosen });
    const own: number[] = [];
    const byKill: number[] = [];
    const withSession: number[] = [];
    for (let turn = 0; turn <= rounds; turn++) {
      say(`round ${turn} of ${rounds}`);
      const one = await untilStored(system, failing, ownEnd);
      const other = await untilStored(system, killed, kill);
      const third = await untilStored(system, keeping, ownEnd);
      if (turn === 0) continue; // the first runs make mirrors and compile code
      own.push(one);
      byKill.push(other);
      withSession.push(third);
    }
    return report(own, byKill, withSession);
  } finally {
    await system.stop();
  }
}

/** Gives the time (Unix ms) at which the agent of the task ended. */
type End = (system: System, taskId: string) => Promise<number>;

async function untilStored(system: System, repository: RepositoryWithIssue, end: End): Promise<number> {
  const { taskId } = await system.command(repository);
  const settled = system.until(taskId, ({ state }) => state.name === "settled");
  settled.catch(() => undefined); // awaited below
  const endedAt = await end(system, taskId);
  const { task, at } = await settled;
  if (task.state.name !== "settled" || task.state.outcome.kind !== "agent_failed") {
    throw new Error(`expected agent_failed, not ${JSON.stringify(task.state)}`);
  }
  await system.quiet();
  return at - endedAt;
}

/** The agent writes down the time as its last action: what its shell needs to end counts as ours. */
const ownEnd: End = (system, taskId) => readStamp(join(stepDir(system, taskId), "stdout"));

const kill: End = async (system, taskId) => {
  await system.until(taskId, ({ state }) => state.name === "running" && state.phase === "working");
  const pid = await sleeperOf(taskId);
  const at = Date.now();
  process.kill(pid, "SIGKILL");
  return at;
};

const stepDir = (system: System, taskId: string) => join(system.dataDir, "host", "runs", `${taskId}-1`, "agent-1");

/** The agent itself, found by the mark in its environment that all processes of a run carry. */
async function sleeperOf(taskId: string): Promise<number> {
  for (;;) {
    for (const pid of readdirSync("/proc").map(Number).filter(Number.isInteger)) {
      try {
        const isSleeper = readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith("sleep\x003456");
        if (isSleeper && readFileSync(`/proc/${pid}/environ`, "utf8").includes(`ORCH_TASK=${taskId}`)) return pid;
      } catch {
        // it has ended since the listing
      }
    }
    await delay(2);
  }
}

function report(own: readonly number[], byKill: readonly number[], withSession: readonly number[]): Report {
  const row = (name: string, values: readonly number[]) =>
    [name, ...[0.5, 0.9, 0.99].map((q) => quantile(values, q)), Math.max(...values)].map((cell) =>
      typeof cell === "number" ? round(cell) : cell,
    );
  return {
    counted: [
      `${own.length} agents that exit with code 1, ${byKill.length} that get SIGKILL, and ${withSession.length} that exit with code 1 and leave a session of ${SESSION_MB} MB, in turn, one at a time, each in the sandbox.`,
      "From the agent's last action (it prints the time and exits), or from just before the kill, until a second Redis client has the news that the task is settled. Redis fsyncs every write, as npm start's own does.",
      "In between: sandbox and wrapper end, the exit code is written, what the run left behind is looked for and ended, the last output is read, the outcome is decided and written. A session is kept after that.",
    ],
    tables: [
      {
        title: "milliseconds",
        rows: [
          ["", "p50", "p90", "p99", "max"],
          row("exit code 1", own),
          row("SIGKILL", byKill),
          row("with a session", withSession),
        ],
      },
    ],
    figures: [
      { name: "exit code 1: p50", value: median(own), unit: "ms", goal: { atMost: 25 } },
      { name: "SIGKILL: p50", value: median(byKill), unit: "ms", goal: { atMost: 25 } },
      { name: "with a session: p50", value: median(withSession), unit: "ms", goal: { atMost: 25 } },
    ],
  };
}
