/** What `/readyz` says of hosts, over a real Redis. */
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { healthRoutes } from "../src/health.ts";
import { makeInbox } from "../src/intake/inbox.ts";
import { readHosts } from "../src/task/hosts.ts";
import { type Setting, startSetting } from "./dispatch/setting.ts";

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
});
afterEach(() => at.clear());
afterAll(() => at.close());

async function ready(): Promise<{ status: number; body: Record<string, unknown> }> {
  const { redis, store, queue, now } = at;
  const gate = { isFit: () => true, problems: () => [] };
  const deps = { redis, store, queue, gate, inbox: makeInbox(redis), hosts: () => readHosts(redis, now()) };
  const route = healthRoutes(deps as unknown as Parameters<typeof healthRoutes>[0]).find(
    ({ path }) => path === "/readyz",
  );
  return (await route?.answer({} as never)) as Awaited<ReturnType<typeof ready>>;
}

test("a host that is alive and cannot work is named, with what to do; the bot is ready all the same", async () => {
  await at.hostComes("h1", { canary: { askedAt: 1, at: Date.now(), failed: "no namespaces here" } });
  await at.hostComes("h2", { canary: { askedAt: Date.now() - 600_000 } });
  await at.hostComes("h3", { canary: { askedAt: 1, at: 2 } });
  const { status, body } = await ready();
  expect(status).toBe(200);
  expect(body.cannotWork).toHaveLength(2);
  expect(String(body.cannotWork)).toContain("no namespaces here. Run `orch doctor` there");
  expect(String(body.cannotWork)).toContain("`h2` is alive and cannot work, for 10m: it takes no job");
});

test("of a host that has runs, or whose canary is fine, nothing is said", async () => {
  await at.hostComes("h1", { canary: { askedAt: Date.now() - 600_000 } });
  const bot = await at.startBot();
  const spec = at.ask();
  await bot.accept(spec);
  await at.work(spec.id, "begin");
  expect((await ready()).body).not.toHaveProperty("cannotWork");
});
