/** A worker host's part in showing what its runs print, alone in its process: what it uses is what that costs. */
import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import type { Run, Shared } from "../../workers/run/run.ts";
import { createRunFolder } from "../../workers/run/run-folder.ts";
import { makeOutputShower } from "../../workers/show-output/show-output.ts";
import { serveQuestions } from "../child.ts";

const HOST = "h1";
const LANE = { agent: "scripted" };
const log = pino({ level: "silent" });

serveQuestions({
  /** Gives each run's task and transcript. */
  async open({ dir, redisUrl, runs }: { dir: string; redisUrl: string; runs: number }) {
    const redis = connectRedis(redisUrl, "bench-host");
    const subscriber = connectBlockingRedis(redisUrl, "bench-host-news");
    await waitForRedis(redis, 10_000);
    const store = makeTaskStore(redis);
    const live = new Map<string, Run>();
    const slots = { run: (id: string) => live.get(id), runs: () => [...live.values()] };
    const shared = { redis, store, hostId: HOST, dataDir: dir, log } as unknown as Shared;
    const opened: { task: string; transcript: string }[] = [];
    for (let slot = 0; slot < runs; slot++) {
      const spec = specOf(slot);
      await store.create(spec, { lane: LANE });
      const claimed = { name: "claimed", host: HOST, claim: `c${slot}`, job: "j", lane: LANE, at: Date.now() } as const;
      await store.advance(spec.id, claimed);
      const steps = [{ name: "agent-1", kind: "agent" as const, startedAt: 1 }];
      const record = { taskId: spec.id, epoch: 1, jobId: "j", slot, startedAt: 1, steps };
      const folder = createRunFolder(join(dir, "host", "runs"), record);
      mkdirSync(join(folder.dir, "agent-1"));
      const transcript = join(folder.dir, "agent-1", "transcript.log");
      appendFileSync(transcript, "begins\n");
      live.set(spec.id, { folder, log, task: { spec } } as unknown as Run);
      opened.push({ task: spec.id, transcript });
    }
    await makeOutputShower({ shared, slots, subscriber }).start();
    return opened;
  },
});

function specOf(slot: number) {
  const origin = { kind: "comment" as const, id: slot + 1, line: 1, url: "https://github.test/x" };
  const repository = { id: 1, owner: "octo-org", name: "calculator" };
  return {
    id: taskIdOf(repository.id, origin),
    installationId: 1,
    repository,
    number: 1,
    conversation: 1,
    title: "x",
    target: { kind: "issue" as const, defaultBranch: "main" },
    origin,
    actor: { id: 1, login: "x" },
    instruction: "x",
    requestedAt: 1,
    acceptedAt: slot + 1,
  };
}
