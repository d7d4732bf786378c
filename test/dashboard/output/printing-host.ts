/** A worker host's part in showing output, with its real folders and a real Redis, and runs that print what a test says. */
import { execFileSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { pino } from "pino";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../../src/task/redis.ts";
import { makeTaskStore } from "../../../src/task/store.ts";
import type { Task } from "../../../src/task/task.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import { checkpointDir, writeCheckpoint } from "../../../workers/checkpoints/checkpoint-store.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { createRunFolder } from "../../../workers/run/run-folder.ts";
import { leaveOutput } from "../../../workers/show-output/leave-output.ts";
import { makeOutputShower } from "../../../workers/show-output/show-output.ts";
import { claimedBy, makeSpec, STARTS } from "../../support/task-spec.ts";

export type PrintingRun = {
  id: string;
  dir: string;
  task(): Promise<Task>;
  /** Adds it to the step's transcript; the step begins with its first word. `servers-1`: of the servers beside `agent-1`. */
  print(text: string, step?: string): void;
  /** As `clear-up` does: hands the end over, and removes the folder. */
  leave(): Promise<void>;
  /** The task is over. */
  settle(): Promise<void>;
};

export type PrintingHost = Awaited<ReturnType<typeof startPrintingHost>>;

const log = pino({ level: "silent" });
let comments = 1_000;

/** `asked`: how its tasks are to be, for a bot that looks at them. */
export async function startPrintingHost(url: string, id = "h1", asked: Partial<TaskSpec> = {}) {
  const dataDir = mkdtempSync(join(tmpdir(), "orch-printing-"));
  const redis: Redis = connectRedis(url, `worker-${id}`);
  const subscriber = connectBlockingRedis(url, `worker-news-${id}`);
  await waitForRedis(redis, 5_000);
  const store = makeTaskStore(redis);
  const runs = new Map<string, Run>();
  const slots = { run: (taskId: string) => runs.get(taskId), runs: () => [...runs.values()] };
  const shared = { redis, store, hostId: id, dataDir, log } as unknown as Shared;
  const shower = makeOutputShower({ shared, slots, subscriber });
  await shower.start();

  /** Another run of it, if it has begun already. */
  async function begin(known?: string): Promise<PrintingRun> {
    const spec = makeSpec({ ...asked, commentId: comments++ });
    const taskId = known ?? spec.id;
    if (!known) await store.create(spec, STARTS);
    await store.advance(taskId, claimedBy(id));
    const task = async () => {
      const read = await store.read(taskId);
      if (!read) throw new Error("the task is gone");
      return read;
    };
    const { epoch } = await task();
    const record = { taskId, epoch, jobId: "job-1", slot: 0, startedAt: 1, steps: [] };
    const folder = createRunFolder(join(dataDir, "host", "runs"), record);
    const run = { task: await task(), folder, log } as unknown as Run;
    runs.set(taskId, run);
    return {
      id: taskId,
      dir: folder.dir,
      task,
      print(text, step = "agent-1") {
        const transcript = join(folder.dir, step, "transcript.log");
        if (!existsSync(transcript)) {
          mkdirSync(join(folder.dir, step));
          appendFileSync(transcript, "");
          if (!step.startsWith("servers-"))
            folder.record.steps.push({ name: step, kind: "agent", startedAt: Date.now() });
          folder.save();
        }
        appendFileSync(transcript, text);
      },
      async leave() {
        await leaveOutput(shared, run);
        runs.delete(taskId);
        folder.remove();
      },
      async settle() {
        const outcome = { kind: "no_changes" as const, lastWords: "" };
        await store.advance(taskId, { name: "ended", epoch, outcome, at: Date.now() });
      },
    };
  }

  /** Puts work aside, as a host does while an agent is at it: a file as it was, and as it is. */
  function putAside(taskId: string, { before, after }: { before: string; after: string }): void {
    const dir = checkpointDir(dataDir, taskId);
    const git = (args: string[], input = "") =>
      execFileSync("git", ["-c", "user.name=x", "-c", "user.email=x@example.invalid", ...args], {
        input,
        cwd: dataDir,
        encoding: "utf8",
      }).trim();
    git(["init", "--quiet", "--bare", dir]);
    const commit = (text: string): string => {
      const blob = git([`--git-dir=${dir}`, "hash-object", "-w", "--stdin"], text);
      const tree = git([`--git-dir=${dir}`, "mktree"], `100644 blob ${blob}\tfile.txt\n`);
      return git([`--git-dir=${dir}`, "commit-tree", tree, "-m", "x"]);
    };
    const [baseSha, all] = [commit(before), commit(after)];
    const amounts = { commits: 1, files: 1, elsewhere: 0, takenAt: 1, tookMs: 1, until: Date.now() + 60_000 };
    writeCheckpoint(dataDir, { taskId, repositoryId: 1, branch: "x", baseSha, head: all, all, ...amounts });
  }

  async function close(): Promise<void> {
    await shower.stop();
    subscriber.disconnect();
    redis.disconnect();
    rmSync(dataDir, { recursive: true, force: true });
  }

  /** It hears and says nothing any more; resolves with what has it live again. */
  async function die(): Promise<() => Promise<void>> {
    await shower.stop();
    return shower.start;
  }

  return { id, redis, dataDir, begin, putAside, die, close };
}
