/** A collector that is told of tasks: by OTLP, once each, with ids that follow from the task's. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { appendRunEvents } from "../../src/task/run-events.ts";
import { spanIdOf, traceIdOf } from "../../src/task/trace.ts";
import { type BotSetting, startBotSetting } from "../support/bot.ts";

type Attribute = { key: string; value: Record<string, unknown> };
type Told = {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  status: { code: number };
};
type Request = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: Told[] }[] }[];
};

let orch: BotSetting;
let collector: Server;
let takes = true;
const asked: { path: string; key: unknown; request: Request }[] = [];
const told = () =>
  asked.flatMap(({ request }) =>
    request.resourceSpans.flatMap((each) => each.scopeSpans.flatMap(({ spans }) => spans)),
  );

beforeAll(async () => {
  collector = createServer(async (request, response) => {
    const body = (await json(request)) as Request;
    if (takes) asked.push({ path: `${request.method} ${request.url}`, key: request.headers["x-key"], request: body });
    response.writeHead(takes ? 200 : 503).end("{}");
  });
  collector.listen(0, "127.0.0.1");
  await once(collector, "listening");
  orch = await startBotSetting();
  const { port } = collector.address() as AddressInfo;
  orch.config.traces = { endpoint: `http://127.0.0.1:${port}/`, headers: { "x-key": "secret" } };
  await orch.stopBot();
  await orch.startBot();
});
afterAll(async () => {
  await orch.close();
  collector.close();
});

async function runOnce(text: string): Promise<string> {
  const number = await orch.openIssue();
  const { id: comment } = await orch.comment(number, `/orch ${text}`);
  const id = orch.taskId(comment);
  const queued = async () => expect((await orch.store.read(id))?.state.name).toBe("queued");
  await vi.waitFor(queued, { timeout: 20_000, interval: 10 });
  const state = (await orch.store.read(id))?.state;
  const lane = state?.name === "queued" ? state.lane : undefined;
  await orch.store.advance(id, { name: "claimed", host: "h0000000", claim: "c", job: "j", lane, at: Date.now() });
  await orch.store.advance(id, { name: "phase", epoch: 1, phase: "working", at: Date.now() + 10 });
  const call = { at: Date.now() + 20, step: "agent-1", kind: "tool" as const, text: "Bash hostile words", ok: false };
  await appendRunEvents(orch.redis, { task: id, epoch: 1 }, [{ id: { step: 2, seq: 1 }, event: call }]);
  const progress = {
    agent: "scripted",
    model: "m1",
    sessionId: "s1",
    inputTokens: 9,
    costUsd: 0.5,
    lastLines: "hostile words",
  };
  const outcome = { kind: "agent_failed" as const, reason: "r", message: "m", lastLines: "hostile words" };
  await orch.store.advance(id, { name: "ended", epoch: 1, outcome, progress, at: Date.now() + 2_000 });
  return id;
}

test("a task that is over is told as one trace, once, and nothing of what was said", async () => {
  const id = await runOnce("fix the tests");
  await vi.waitFor(() => expect(told().length).toBeGreaterThan(0), { timeout: 30_000, interval: 20 });
  expect(asked[0]).toMatchObject({ path: "POST /v1/traces", key: "secret" });
  expect(asked[0]?.request.resourceSpans[0]?.resource.attributes).toContainEqual({
    key: "service.name",
    value: { stringValue: "orch" },
  });
  const spans = told();
  const [root, ...others] = spans;
  expect(others.map(({ name }) => name)).toEqual([
    ...["POST webhook", "intake", "orch-queue process", "run", "orch-queue send", "prepare", "invoke_agent scripted"],
    "execute_tool Bash",
  ]);
  const named = (name: string) => spans.find((span) => span.name === name);
  const [run, process, agent] = ["run", "orch-queue process", "invoke_agent scripted"].map(named);
  for (const span of spans) {
    expect(span.traceId).toBe(traceIdOf(id));
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
  }
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length);
  expect(root).toMatchObject({ kind: 1 });
  expect(process).toMatchObject({ kind: 5, parentSpanId: root?.spanId });
  expect(run).toMatchObject({ spanId: spanIdOf(id, 1), parentSpanId: process?.spanId, status: { code: 2 } });
  expect(agent?.parentSpanId).toBe(run?.spanId);
  expect(spans.at(-1)).toMatchObject({ parentSpanId: agent?.spanId, status: { code: 2 } });
  expect(run?.attributes).toContainEqual({ key: "orch.cost_usd", value: { doubleValue: 0.5 } });
  expect(agent?.attributes).toEqual(
    expect.arrayContaining([
      { key: "gen_ai.agent.name", value: { stringValue: "scripted" } },
      { key: "gen_ai.conversation.id", value: { stringValue: "s1" } },
      { key: "gen_ai.usage.input_tokens", value: { intValue: "9" } },
    ]),
  );
  expect(JSON.stringify(asked)).not.toContain("hostile");
});

test("what a collector does not take is left, and what comes later is told", async () => {
  const before = told().length;
  takes = false;
  await runOnce("fix the docs");
  const isPast = async () => {
    const [last] = await orch.redis.xrevrange("orch:history", "+", "-", "COUNT", 1);
    expect(await orch.redis.get("orch:history:traced")).toBe(last?.[0]);
  };
  await vi.waitFor(isPast, { timeout: 30_000, interval: 20 });
  takes = true;
  const id = await runOnce("fix the build");
  await vi.waitFor(() => expect(told().length).toBeGreaterThan(before), { timeout: 30_000, interval: 20 });
  expect(
    new Set(
      told()
        .slice(before)
        .map(({ traceId }) => traceId),
    ),
  ).toEqual(new Set([traceIdOf(id)]));
});
