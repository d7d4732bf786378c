/** What viewers see of what programs print, over a real Redis, from a host that has real files. */
import { setTimeout as delay } from "node:timers/promises";
import { pino } from "pino";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { followOutput } from "../../../dashboard/output/follow-output.ts";
import { outputOf } from "../../../dashboard/output/output.ts";
import { outputRoutes } from "../../../dashboard/output/routes.ts";
import { changesRoutes } from "../../../dashboard/pages/task-changes.ts";
import type { Answer, ServerEvent, Visit } from "../../../dashboard/visit.ts";
import { type HostView, readHosts } from "../../../src/task/hosts.ts";
import { keys } from "../../../src/task/keys.ts";
import type { Chunk } from "../../../src/task/output.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../../src/task/redis.ts";
import { makeTaskStore } from "../../../src/task/store.ts";
import { pushed } from "../../report/sample-tasks.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { type PrintingHost, startPrintingHost } from "./printing-host.ts";

let server: TestRedis;
let host: PrintingHost;
let closing: (() => Promise<unknown> | unknown)[] = [];

beforeAll(async () => {
  server = await startRedis();
  host = await startPrintingHost(server.url);
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
});
afterAll(async () => {
  await host.close();
  await server.stop();
});

/** As a bot has it. */
async function startDashboard() {
  const redis = connectRedis(server.url, "bot");
  const subscriber = connectBlockingRedis(server.url, "bot-changes");
  await waitForRedis(redis, 5_000);
  const stop = () => {
    redis.disconnect();
    subscriber.disconnect();
  };
  closing.push(stop);
  const hosts = () => readHosts(redis, Date.now());
  const store = makeTaskStore(redis);
  const deps = { redis, subscriber, store, hosts, now: Date.now, log: pino({ level: "silent" }) };
  const [part, follow] = outputRoutes(deps);
  if (!part || !follow) throw new Error("there are two routes");
  return { part, follow, deps, stop, ...outputOf(deps) };
}
type Dashboard = Awaited<ReturnType<typeof startDashboard>>;

function visit(id: string, query = "", more: Partial<Visit> = {}): Visit {
  return {
    viewer: { kind: "operator", name: "me" },
    rights: { isOperator: true, mayRead: async () => true, mayWrite: async () => true },
    params: { id },
    query: new URLSearchParams(query),
    form: new URLSearchParams(),
    formToken: "x",
    now: Date.now(),
    signal: new AbortController().signal,
    ...more,
  };
}

/** A browser that follows a task. */
async function watch(dashboard: Dashboard, id: string, query = "", more: Partial<Visit> = {}) {
  const left = new AbortController();
  const events: ServerEvent[] = [];
  let pending = 0;
  const answer = await dashboard.follow.answer(visit(id, query, { signal: left.signal, ...more }));
  if (answer.kind !== "stream") throw new Error(`no stream but ${answer.kind}`);
  const over = answer.run({
    send: (event) => events.push(event) > 0,
    pending: () => pending,
  });
  closing.push(async () => {
    left.abort();
    await over;
  });
  const shown = () => events.filter(({ event }) => event === "output").map(({ data }) => JSON.parse(data));
  const text = () =>
    shown()
      .map(({ text }) => text)
      .join("");
  const sees = (expected: string) => vi.waitFor(() => expect(text()).toBe(expected), { timeout: 10_000, interval: 5 });
  const kinds = () => events.map(({ event }) => event);
  const isStuck = (bytes: number) => {
    pending = bytes;
  };
  return { events, shown, text, sees, kinds, isStuck, over, leave: () => left.abort() };
}

const body = (answer: Answer): string => {
  if (answer.kind !== "bytes") throw new Error(`no bytes but ${answer.kind}`);
  return answer.body.toString();
};
const headers = (answer: Answer) => (answer.kind === "bytes" ? answer.headers : undefined);
const tick = () => delay(150);

test("a viewer sees what was printed before, and then each line as it comes, over steps and up to the end", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("before\n", "setup-1");
  const viewer = await watch(dashboard, run.id);
  await viewer.sees("before\n");
  run.print("one\n", "setup-1");
  await viewer.sees("before\none\n");
  run.print("two\n", "agent-1");
  run.print("\u001b[31mthree\u001b[0m\u001b]52;c;x\u0007\n", "agent-1");
  await viewer.sees("before\none\ntwo\n\u001b[31mthree\u001b[0m\n");
  expect(viewer.shown().map(({ step }) => step)).toContain("agent-1");
  run.print("last\n", "agent-1");
  await run.leave();
  await run.settle();
  await viewer.over;
  expect(viewer.text()).toBe("before\none\ntwo\n\u001b[31mthree\u001b[0m\nlast\n");
  expect(viewer.kinds().at(-1)).toBe("over");
  expect(viewer.kinds()).not.toContain("gap");
});

test("who comes back goes on exactly where it was, also with another bot", async () => {
  const run = await host.begin();
  run.print("one\ntwo\n");
  const first = await startDashboard();
  const before = await watch(first, run.id);
  await before.sees("one\ntwo\n");
  const lastEventId = before.events.findLast(({ id }) => id !== undefined)?.id;
  first.stop();
  run.print("three\n");
  const second = await startDashboard();
  const after = await watch(second, run.id, "", { lastEventId });
  await after.sees("three\n");
  run.print("four\n");
  await after.sees("three\nfour\n");
  expect(after.kinds()).not.toContain("gap");
});

test("where nobody watches not a byte leaves the host, and with many viewers each leaves once", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  const published: string[] = [];
  const spy = connectBlockingRedis(server.url, "spy");
  closing.push(() => spy.disconnect());
  spy.on("message", (_, message) => published.push(message));
  await spy.subscribe(keys.printed(run.id));

  run.print("nobody\n");
  await tick();
  expect(published).toEqual([]);

  const viewers = await Promise.all(Array.from({ length: 20 }, () => watch(dashboard, run.id)));
  await Promise.all(viewers.map(({ sees }) => sees("nobody\n")));
  run.print("somebody\n");
  await Promise.all(viewers.map(({ sees }) => sees("nobody\nsomebody\n")));
  const texts = published.map((message) => (JSON.parse(message) as Chunk).text).filter((text) => text !== "");
  expect(texts).toEqual(["somebody\n"]);
  expect(dashboard.live.viewers()).toBe(20);
  const [, subscribers] = await host.redis.pubsub("NUMSUB", keys.printed(run.id));
  expect(subscribers).toBe(2);

  for (const { leave, over } of viewers) {
    leave();
    await over;
  }
  expect(dashboard.live.viewers()).toBe(0);
  await host.redis.del(keys.watch(run.id));
  // The host finds out with its next look, which a person who watches something else brings forward.
  await host.redis.publish(keys.watched, run.id);
  const isQuiet = async () => {
    published.length = 0;
    run.print("nobody again\n");
    await tick();
    expect(published).toEqual([]);
  };
  await vi.waitFor(isQuiet, { timeout: 10_000 });
});

test("what a host publishes for a run that it does not have is dropped", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("true\n");
  const viewer = await watch(dashboard, run.id);
  await viewer.sees("true\n");
  const { state, epoch } = await run.task();
  const claim = state.name === "running" ? state.claim : "";
  const forged: Chunk[] = [
    { host: "h2", epoch, claim: "claim of h2", step: "agent-1", from: 5, to: 11, text: "false\n" },
    { host: "h2", epoch, claim, step: "agent-1", from: 5, to: 11, text: "false\n" },
    { host: host.id, epoch: epoch + 1, claim, step: "agent-1", from: 5, to: 11, text: "false\n" },
  ];
  for (const chunk of forged) await host.redis.publish(keys.printed(run.id), JSON.stringify(chunk));
  await host.redis.publish(keys.printed(run.id), "no output at all");
  await tick();
  run.print("true as well\n");
  await viewer.sees("true\ntrue as well\n");
});

test("when another host has the run, its output is shown, and the first one's no more", async () => {
  const dashboard = await startDashboard();
  const other = await startPrintingHost(server.url, "h2");
  closing.push(() => other.close());
  const run = await host.begin();
  run.print("first host\n");
  const viewer = await watch(dashboard, run.id);
  await viewer.sees("first host\n");
  const next = await other.begin(run.id);
  next.print("second host\n");
  await host.redis.publish(keys.changed, run.id); // as with the first progress of a run
  await viewer.sees("first host\nsecond host\n");
  run.print("late words\n");
  next.print("more\n");
  await viewer.sees("first host\nsecond host\nmore\n");
  expect(viewer.kinds()).toContain("gap");
});

test("a message that was lost is made up for", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("one\n");
  const viewer = await watch(dashboard, run.id);
  await viewer.sees("one\n");
  await dashboard.deps.subscriber.unsubscribe(keys.printed(run.id));
  run.print("lost\n");
  await tick();
  await dashboard.deps.subscriber.subscribe(keys.printed(run.id));
  run.print("two\n");
  await viewer.sees("one\nlost\ntwo\n");
});

test("a viewer that is too slow holds little, and goes on at the end when it has caught up", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("start\n");
  const [slow, quick] = [await watch(dashboard, run.id), await watch(dashboard, run.id)];
  await slow.sees("start\n");
  slow.isStuck(10_000_000);
  run.print("one more\n");
  await quick.sees("start\none more\n");
  for (let nth = 0; nth < 40; nth++) run.print(`${"x".repeat(99)}\n`.repeat(300));
  run.print("end\n");
  await vi.waitFor(() => expect(quick.text()).toMatch(/end\n$/), { timeout: 14_000, interval: 20 });
  expect(slow.text().length).toBeLessThan(1_000);
  slow.isStuck(0);
  await vi.waitFor(() => expect(slow.text()).toMatch(/end\n$/), { timeout: 14_000, interval: 20 });
  expect(slow.kinds()).toContain("gap");
  expect(slow.text().length).toBeLessThan(500_000);
  const gap = JSON.parse(slow.events.find(({ event }) => event === "gap")?.data ?? "{}");
  expect(gap).toMatchObject({ run: 1, step: "agent-1", offset: expect.any(Number) });
});

test("a part is read from a line's start, the last 64 kB when nothing else is asked for", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("setting up\n", "setup-1");
  for (let nth = 1; nth <= 20_000; nth++) run.print(`line ${nth}\n`);
  const last = await dashboard.part.answer(visit(run.id));
  expect(body(last)).toMatch(/^line \d+\n/);
  expect(body(last)).toMatch(/line 20000\n$/);
  expect(body(last).length).toBeGreaterThan(64_000);
  expect(headers(last)).toMatchObject({ "orch-run": "1", "orch-step": "agent-1" });
  const first = await dashboard.part.answer(visit(run.id, "run=1&step=agent-1&from=0"));
  expect(body(first)).toMatch(/^line 1\nline 2\n/);
  expect(headers(first)).toMatchObject({ "orch-from": "0", "orch-size": headers(last)?.["orch-size"] });
  expect(body(await dashboard.part.answer(visit(run.id, "step=setup-1")))).toBe("setting up\n");
});

test("of a run whose folder is gone its end is kept", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("set up\n", "setup-1");
  run.print("worked\n");
  await run.leave();
  await run.settle();
  expect(body(await dashboard.part.answer(visit(run.id)))).toBe("worked\n");
  expect(body(await dashboard.part.answer(visit(run.id, "step=setup-1")))).toBe("set up\n");
  const viewer = await watch(dashboard, run.id);
  await viewer.over;
  expect(viewer.text()).toBe("worked\n");
  expect(viewer.kinds().at(-1)).toBe("over");
});

test.each(["step=../agent-1", "step=agent-1/../../..", "from=-1", "from=x", "run=1e3", "step=nothing-1", "run=99"])(
  "there is nothing at ?%s",
  async (query) => {
    const dashboard = await startDashboard();
    const run = await host.begin();
    run.print("words\n");
    expect(await dashboard.part.answer(visit(run.id, query))).toEqual({ kind: "nothing" });
  },
);

test("whoever may not write to the repository finds nothing, and a stream ends when the permission does", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("secret\n");
  let may = false;
  const rights = { isOperator: false, mayRead: async () => true, mayWrite: async () => may };
  for (const route of [dashboard.part, dashboard.follow]) {
    expect(await route.answer(visit(run.id, "", { rights }))).toEqual({ kind: "nothing" });
    expect(await route.answer(visit("tzzzzzzzzzzzzzzz"))).toEqual({ kind: "nothing" });
    expect(await route.answer(visit("../x"))).toEqual({ kind: "nothing" });
  }
  may = true;
  const viewer = await watch(dashboard, run.id, "", { rights });
  await viewer.sees("secret\n");
  may = false;
  run.print("more\n");
  await viewer.over;
  expect(viewer.text()).toBe("secret\n");
});

test("the last lines of several tasks come without colours, and are asked for once for all who look", async () => {
  const dashboard = await startDashboard();
  const [one, two, none] = [await host.begin(), await host.begin(), await host.begin()];
  for (let nth = 1; nth <= 30; nth++) one.print(`\u001b[2mline ${nth}\u001b[0m\n`);
  two.print("only\n");
  const ids = [one, two, none].map(({ id }) => id);
  const [lines] = await Promise.all(Array.from({ length: 10 }, () => dashboard.lastLines(ids, 12)));
  expect(lines?.get(one.id)).toEqual({
    step: "agent-1",
    lines: Array.from({ length: 12 }, (_, nth) => `line ${nth + 19}`),
  });
  expect(lines?.get(two.id)).toEqual({ step: "agent-1", lines: ["only"] });
  expect(lines?.get(none.id)).toEqual({ lines: [] });
});

test("when Redis was away, what was printed meanwhile is shown", async () => {
  const dashboard = await startDashboard();
  const run = await host.begin();
  run.print("one\n");
  const viewer = await watch(dashboard, run.id);
  await viewer.sees("one\n");
  await server.kill();
  run.print("meanwhile\n");
  await server.restart();
  await viewer.sees("one\nmeanwhile\n");
  run.print("after\n");
  await viewer.sees("one\nmeanwhile\nafter\n");
});

test("a host that does not answer is said to be silent", async () => {
  const dashboard = await startDashboard();
  const gone = await startPrintingHost(server.url, "h3");
  const run = await gone.begin();
  run.print("words\n");
  await gone.close();
  const part = dashboard.part.answer(visit(run.id));
  const viewer = await watch(dashboard, run.id);
  await vi.waitFor(() => expect(viewer.kinds()).toContain("silent"), { timeout: 10_000, interval: 20 });
  expect(headers(await part)).toEqual({ "orch-output": "silent" });
});

test("what an agent has changed and nobody has published is a page of its own, asked of the host that keeps it", async () => {
  const { deps } = await startDashboard();
  let isThere = false;
  const hosts = async () => [{ id: host.id, name: "builder-1", alive: isThere } as HostView];
  const [changes] = changesRoutes({ ...deps, hosts });
  if (!changes) throw new Error("there is a route");
  const run = await host.begin();
  const look = async (more: Partial<Visit> = {}): Promise<string> => {
    const answer = await changes.answer(visit(run.id, "", more));
    return answer.kind === "page" ? answer.body.text : answer.kind;
  };
  expect(await look()).toContain("builder-1, which keeps them, does not answer");
  isThere = true;
  expect(await look()).toContain("Nothing that could be compared is kept");
  host.putAside(run.id, { before: "one\ntwo\n", after: `one\n<script>alert(1)</script>\n${"x".repeat(5_000)}\n` });
  const page = await look();
  expect(page).toContain(`<span class="diff-minus">-two\n</span>`);
  expect(page).toContain(`<span class="diff-plus">+&lt;script&gt;alert(1)&lt;/script&gt;\n</span>`);
  expect(page).toContain("This is not all");
  expect(page).not.toContain("x".repeat(2_001));
  expect(await look({ rights: { isOperator: false, mayRead: async () => true, mayWrite: async () => false } })).toBe(
    "nothing",
  );
  // What is published GitHub shows.
  const { epoch } = await run.task();
  await deps.store.advance(run.id, {
    name: "pushed",
    epoch,
    pushed: { ...pushed, sha: "a".repeat(40) },
    at: Date.now(),
  });
  expect(await look()).toBe("nothing");
});

test("a host that dies while somebody watches is said to be silent, and what it prints when it is back is shown", async () => {
  const { live, read } = await startDashboard();
  const mortal = await startPrintingHost(server.url, "h4");
  const run = await mortal.begin();
  run.print("one\n");
  const left = new AbortController();
  const news = followOutput({ live, read }, { task: await run.task(), quietMs: 100, signal: left.signal });
  const until = async (kind: string) => {
    for await (const each of { [Symbol.asyncIterator]: () => ({ next: () => news.next() }) })
      if (each.kind === kind) return each;
    throw new Error(`it ended without ${kind}`);
  };
  expect(await until("text")).toMatchObject({ printed: { text: "one\n" } });
  const revive = await mortal.die();
  expect(await until("silent")).toEqual({ kind: "silent" });
  run.print("two\n");
  await revive();
  expect(await until("text")).toMatchObject({ printed: { text: "two\n" } });
  left.abort();
  await mortal.close();
});
