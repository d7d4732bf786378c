/**
 * A host's side of 50 runs whose agents talk, alone in its process: what it uses is what talking costs. The runs have a record
 * in Redis and a folder, and nothing else.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pino from "pino";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { Run, Shared } from "../../workers/run/run.ts";
import { createRunFolder } from "../../workers/run/run-folder.ts";
import { makeTalkBack } from "../../workers/talk-back/talk-back.ts";
import { openTalkPlace, seenFrom } from "../../workers/talk-back/talk-place.ts";
import { serveQuestions } from "../child.ts";

let write = async (_run: number, _text: string): Promise<void> => undefined;

serveQuestions({
  /** Gives the sockets, one for each of so many runs at work. */
  async open({ dir, redisUrl, runs }: { dir: string; redisUrl: string; runs: number }) {
    const redis = connectRedis(redisUrl, "bench-talk");
    await waitForRedis(redis, 10_000);
    const store = makeTaskStore(redis);
    write = async (slot, said) => {
      await store.say(specOf(slot), { epoch: 1, text: said }, Date.now());
    };
    const talk = openTalkPlace(dir);
    if (!talk) throw new Error("there is no Perl on this machine");
    const shared = { talk, env: {}, store } as unknown as Shared;
    mkdirSync(join(dir, "runs"));
    const sockets: string[] = [];
    for (let slot = 0; slot < runs; slot++) {
      const spec = specOf(slot);
      await store.create(spec, { lane: { agent: "scripted" } });
      const at = Date.now();
      await store.advance(spec.id, {
        name: "claimed",
        host: "h",
        claim: `c${slot}`,
        job: "j",
        lane: { agent: "scripted" },
        at,
      });
      await store.advance(spec.id, { name: "phase", epoch: 1, phase: "working", at });
      const record = { taskId: spec.id, epoch: 1, jobId: "j", slot, startedAt: at, steps: [] };
      const folder = createRunFolder(join(dir, "runs"), record);
      const run = { folder, user: { slot }, log: pino({ level: "silent" }), task: { spec } } as unknown as Run;
      await makeTalkBack(shared, () => run).open();
      const seen = seenFrom({ name: "none", wrap: () => [] }, talk, `${spec.id}-1`);
      sockets.push(String(seen.env.ORCH_SOCKET));
    }
    return sockets;
  },
  /** The yardstick: the same records written as often, by nobody's wish. */
  async write({ runs, seconds }: { runs: number; seconds: number }) {
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: runs }, async (_, run) => {
        for (let second = 0; second < seconds; second++) {
          await delay(Math.max(0, startedAt + (second + run / runs) * 1_000 - performance.now()));
          await write(run, `I am at step ${second} of what agent ${run} has to do.`);
        }
      }),
    );
  },
  /** CPU time used so far, all threads, ms. */
  used: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});

function specOf(slot: number): TaskSpec {
  const now = Date.now();
  const origin = { kind: "comment" as const, id: slot + 1, line: 1, url: "https://github.test" };
  return {
    id: `t${"abcdefghij"[slot % 10]}${"abcdefghij"[Math.floor(slot / 10) % 10]}${"a".repeat(13)}`,
    ...{ installationId: 1, repository: { id: 1, owner: "octo-org", name: "sample" }, number: slot + 1, title: "t" },
    ...{ target: { kind: "issue", defaultBranch: "main" }, origin, conversation: slot + 1, instruction: "fix it" },
    ...{ requestedAt: now, acceptedAt: now },
  };
}
