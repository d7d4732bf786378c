/** What a run says reaches Redis in order and once, whatever becomes of host and Redis meanwhile; and the run never waits for it. */
import type { Redis } from "ioredis";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { keys } from "../../../../src/task/keys.ts";
import { connectRedis, waitForRedis } from "../../../../src/task/redis.ts";
import { MAX_RUN_EVENTS, type RunEvent, readRunEvents } from "../../../../src/task/run-events.ts";
import type { AgentEvent } from "../../../../workers/agents/event.ts";
import type { RunRecord } from "../../../../workers/run/run-record.ts";
import { type EventTeller, makeEventTeller } from "../../../../workers/run/step/event-teller.ts";
import type { StepRecord } from "../../../../workers/run/step/step-record.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../../support/redis.ts";
import { type Fate, startRedisProxy } from "../../../support/redis-proxy.ts";

const TASK = "taaaaaaaaaaaaaaa";
const says = (text: string): AgentEvent => ({ type: "text", text });
const words = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => says(`word ${from + index}`));

describe("what a run says", () => {
  let server: ConnectedRedis;
  let redis: Redis;
  let record: RunRecord;
  let warnings: string[];
  const tellers: EventTeller[] = [];

  beforeAll(async () => {
    server = await startConnectedRedis();
    ({ redis } = server);
  });
  beforeEach(async () => {
    await redis.flushall();
    record = { taskId: TASK, epoch: 1, jobId: "j", slot: 0, startedAt: 1, steps: [] };
    warnings = [];
  });
  afterEach(async () => {
    for (const teller of tellers.splice(0)) await teller.close();
  });
  afterAll(async () => {
    await server.close();
  });

  const log = pino({ level: "warn" }, { write: (line: string) => void warnings.push(JSON.parse(line).msg) });
  /** One life of a host; it has only what is written down. */
  function life(connection = redis): EventTeller {
    record = structuredClone(record);
    const teller = makeEventTeller({ redis: connection, folder: { record }, log });
    tellers.push(teller);
    return teller;
  }
  function writeDown(name: string, startedAt: number): StepRecord {
    const step: StepRecord = { name, kind: name.startsWith("agent") ? "agent" : "verify", startedAt };
    record.steps.push(step);
    return step;
  }
  const last = () => record.steps.at(-1) as StepRecord;
  async function hear(teller: EventTeller, events: readonly AgentEvent[]): Promise<void> {
    for (const event of events) teller.hear(event);
  }
  const told = async (epoch = 1) => (await readRunEvents(redis, TASK, epoch, { limit: 1_000 })).events;
  const shown = ({ kind, text, count }: RunEvent) => (kind === "text" ? text : `${kind} ${count ?? text}`);
  const texts = async (epoch = 1) => (await told(epoch)).map(shown);

  test("is told step by step, without anybody asking", async () => {
    const teller = life();
    await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(teller, [
      { type: "session", sessionId: "s1", model: "m1" },
      says("I look."),
      { type: "tool", name: "shell", summary: "npm test", status: "started" },
      { type: "tool", name: "shell", summary: "npm test", status: "failed" },
      { type: "tool", name: "shell", summary: "ls", status: "ok" },
      { type: "usage", inputTokens: 5, outputTokens: 5, scope: "step" },
      { type: "usage", inputTokens: 1_000, outputTokens: 20, costUsd: 0.5, scope: "run" },
      { type: "retry", reason: "too many requests" },
      { type: "error", reason: "server", message: "it is down" },
      { type: "log", text: "a warning\n" },
      says("I repaired it."),
      { type: "final", ok: true, text: "I repaired it." },
    ]);
    await teller.begin(writeDown("verify-1", 9), { isReadAgain: false });
    await hear(teller, [says("1 passed")]);
    await expect.poll(() => told()).toHaveLength(11);
    expect((await told()).map(({ step, kind, text, ok }) => [step, kind, text, ok])).toEqual([
      ["agent-1", "session", "s1 · m1", undefined],
      ["agent-1", "text", "I look.", undefined],
      ["agent-1", "tool", "shell npm test", undefined],
      ["agent-1", "tool", "shell npm test", false],
      ["agent-1", "usage", "1,000 tokens read · 20 written · $0.5000", undefined],
      ["agent-1", "retry", "too many requests", undefined],
      ["agent-1", "error", "server: it is down", undefined],
      ["agent-1", "log", "a warning", undefined],
      ["agent-1", "text", "I repaired it.", undefined],
      ["agent-1", "final", "", true],
      ["verify-1", "text", "1 passed", undefined],
    ]);
  });

  test("of a flood the newest is told, and how much was left out", async () => {
    const teller = life();
    await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(teller, words(1, 10_000));
    await teller.close();
    const all = await texts();
    expect(all).toHaveLength(50);
    expect([all[0], all[1], all.at(-1)]).toEqual(["left_out 9951", "word 9952", "word 10000"]);
  });

  test("is told from its start by each life of the host: the stream has it once, and stays within its bound", async () => {
    writeDown("agent-1", 5);
    for (let said = 50; said <= 500; said += 50) {
      const teller = life();
      await teller.begin(last(), { isReadAgain: said > 50 });
      await hear(teller, words(1, said));
      await teller.close();
    }
    const all = await texts();
    expect(all).toHaveLength(MAX_RUN_EVENTS);
    expect(all).toEqual(Array.from({ length: MAX_RUN_EVENTS }, (_, index) => `word ${201 + index}`));
  });

  test("is told once when a restarted host reads it again from the start", async () => {
    const first = life();
    await first.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(first, words(1, 30));
    await first.close();
    const next = life();
    await next.begin(last(), { isReadAgain: true });
    await hear(next, words(1, 3_000)); // of which all but thirty are new
    await next.close();
    const all = await texts();
    expect(all.slice(0, 30)).toEqual(words(1, 30).map((event) => (event as { text: string }).text));
    expect([all[30], all[31], all.at(-1)]).toEqual(["left_out 2921", "word 2952", "word 3000"]);
    expect(all).toHaveLength(80);
  });

  test("of steps that are over is not told again either; of one that is started anew it is, also where the clock was set back", async () => {
    const first = life();
    await first.begin(writeDown("agent-1", 5_000), { isReadAgain: false });
    await hear(first, words(1, 2));
    await first.begin(writeDown("verify-1", 3_000), { isReadAgain: false });
    await hear(first, [says("the check begins")]);
    await first.close();
    const next = life();
    await next.begin(record.steps[0] as StepRecord, { isReadAgain: true });
    await hear(next, words(1, 2));
    last().startedAt = 9_000; // its host lost it, and starts it again
    await next.begin(last(), { isReadAgain: false });
    await hear(next, [says("the check begins")]);
    await next.close();
    expect(await texts()).toEqual(["word 1", "word 2", "the check begins", "the check begins"]);
  });

  test("and a connection that is blocked while a restarted host still reads is told behind what is known", async () => {
    const first = life();
    await first.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(first, words(1, 2));
    first.blocked("one.example.com:443: it is not listed");
    await hear(first, words(3, 4));
    await first.close();
    const next = life();
    await next.begin(last(), { isReadAgain: true });
    next.blocked("two.example.com:443: it is not listed");
    await hear(next, words(1, 5));
    await next.close();
    const [one, two] = ["one", "two"].map((name) => `blocked ${name}.example.com:443: it is not listed`);
    expect(await texts()).toEqual(["word 1", "word 2", one, "word 3", "word 4", two, "word 5"]);
  });

  test("is told in a stream of its own when the run goes on under a new number", async () => {
    const teller = life();
    await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(teller, words(1, 1));
    await expect.poll(() => texts()).toEqual(["word 1"]);
    record.epoch = 2;
    await hear(teller, words(2, 2));
    await expect.poll(() => texts(2)).toEqual(["word 2"]);
    expect(await texts(1)).toEqual(["word 1"]);
  });

  test.each(["not carried out", "not answered"] as const)("is told once when Redis is cut off: %s", async (fate) => {
    let isCut = false;
    const fateOf = ([name]: readonly string[]): Fate => {
      if (isCut || name?.toLowerCase() !== "exec") return "answered";
      isCut = true;
      return fate;
    };
    const proxy = await startRedisProxy({ port: server.port, fateOf, onCut: () => undefined });
    const connection = connectRedis(proxy.url, "test");
    try {
      await waitForRedis(connection, 5_000);
      const teller = life(connection);
      await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
      await hear(teller, words(1, 3));
      await expect.poll(() => isCut, { timeout: 5_000 }).toBe(true);
      await hear(teller, words(4, 5));
      await expect.poll(() => texts(), { timeout: 5_000 }).toEqual(["word 1", "word 2", "word 3", "word 4", "word 5"]);
    } finally {
      connection.disconnect();
      await proxy.close();
    }
  });

  test("is counted while Redis is away; what is newest is told when it is back, and the run is told of nothing", async () => {
    const teller = life();
    await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await hear(teller, words(1, 2));
    await expect.poll(() => texts()).toEqual(["word 1", "word 2"]);
    await server.kill();
    await hear(teller, words(3, 400));
    await expect.poll(() => warnings).toEqual([expect.stringContaining("Redis does not take")]);
    await hear(teller, words(401, 500));
    await server.restart();
    await expect.poll(async () => (await texts().catch(() => [])).at(-1), { timeout: 10_000 }).toBe("word 500");
    const all = await texts();
    expect(all).toHaveLength(52);
    expect(all.slice(0, 4)).toEqual(["word 1", "word 2", "left_out 449", "word 452"]);
    expect(warnings).toHaveLength(1);
  });

  test("ends with the run also when Redis stays away", async () => {
    const teller = life();
    await teller.begin(writeDown("agent-1", 5), { isReadAgain: false });
    await server.kill();
    await hear(teller, words(1, 3));
    await teller.close();
    expect(warnings.at(-1)).toBe("the last words of the run are not told");
    await server.restart();
    await waitForRedis(redis, 5_000);
  });

  test("holds no key that was printed line by line, neither all of it nor its end", async () => {
    const line = "MIIEpAIBAAKCAQEA7cXnVnyNf7hQ2uEJrJ0mXo1kXnX4m0H8gq5l2c5s3tYp9wQz";
    const teller = life();
    await teller.begin(writeDown("verify-1", 5), { isReadAgain: false });
    await hear(teller, [
      says("the end of the file:"),
      ...Array(6).fill(says(line)),
      says("-----END RSA PRIVATE KEY-----"),
    ]);
    await hear(teller, [says("and that is all")]);
    await teller.close();
    expect(await texts()).toEqual(["the end of the file:", "[redacted]", "and that is all"]);
    expect(JSON.stringify(await redis.xrange(keys.runEvents(TASK, 1), "-", "+"))).not.toContain(line);
  });
});
