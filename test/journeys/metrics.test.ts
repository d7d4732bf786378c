/** A bot whose metrics are scraped while tasks come, run, fail, recover and are merged: each metric moves, and says what happened. */
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { freePort } from "../../demo/free-port.ts";
import { METRICS, type MetricName } from "../../src/metrics/names.ts";
import { branchOf } from "../../src/task/branch.ts";
import { tellRecovered } from "../../src/task/history-news.ts";
import { keys } from "../../src/task/keys.ts";
import type { Outcome } from "../../src/task/outcome.ts";
import type { Progress } from "../../src/task/progress.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { signIn } from "../support/dashboard.ts";

const TOKEN = "a-token-for-the-metrics-of-this-test-0123456789";
const WAIT = { timeout: 20_000, interval: 20 };
/** An issue, and a task, of which there is something to do that nobody does meanwhile. */
const LATER = "11/99";
/** By how much the bot's clock is ahead, ms. */
let later = 0;
let orch: BotSetting;
let url: string;

beforeAll(async () => {
  const [port, dashboardPort] = [await freePort(), await freePort()];
  const dashboard = { host: "127.0.0.1", port: dashboardPort, operators: [] };
  orch = await startBotSetting({ dashboard: () => dashboard, now: () => Date.now() + later });
  url = `http://127.0.0.1:${port}`;
  orch.config.metrics = { host: "127.0.0.1", port, token: TOKEN };
  await orch.stopBot();
  await orch.startBot();
});
afterAll(() => orch.close());

const get = (path: string, token = TOKEN) => fetch(`${url}${path}`, { headers: { authorization: `Bearer ${token}` } });

/** What a scrape says: the sum over each name's series, of a histogram over how many values it has seen. */
async function scrape(): Promise<{ text: string; sum: (name: MetricName, part?: string) => number }> {
  const answer = await get("/metrics");
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/plain");
  const text = await answer.text();
  const sum = (name: MetricName, part = "") => {
    const series = METRICS[name].kind === "histogram" ? `${name}_count` : name;
    const lines = text.split("\n").filter((line) => new RegExp(`^${series}[{ ]`).test(line) && line.includes(part));
    return lines.reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" "))), 0);
  };
  return { text, sum };
}

async function askFor(text: string): Promise<{ id: string; number: number }> {
  const number = await orch.openIssue();
  const { id: comment } = await orch.comment(number, `/orch ${text}`);
  const id = orch.taskId(comment);
  await vi.waitFor(async () => expect((await orch.store.read(id))?.state.name).toBe("queued"), WAIT);
  return { id, number };
}

let claims = 0;
async function claim(id: string, host = "h0000000"): Promise<number> {
  const state = (await orch.store.read(id))?.state;
  const lane = state?.name === "queued" || state?.name === "running" ? state.lane : undefined;
  claims += 1;
  const claimed = { name: "claimed" as const, host, claim: `c${claims}`, job: `j${claims}`, lane };
  return (await orch.store.advance(id, { ...claimed, at: Date.now() }))?.epoch ?? 0;
}

async function end(id: string, epoch: number, outcome: Outcome, progress: Progress = {}): Promise<void> {
  await orch.store.advance(id, { name: "phase", epoch, phase: "working", at: Date.now() });
  await orch.store.advance(id, { name: "ended", epoch, outcome, progress, at: Date.now() + 1_000 });
}

test("each metric moves with what happens, once, and a bot that starts anew counts nothing twice", async () => {
  const before = await scrape();
  for (const name of Object.keys(METRICS)) expect(before.text).toContain(`# TYPE ${name} `);
  expect(before.sum("cicd_worker_count", 'state="available"')).toBe(1);
  expect(before.sum("orch_queue_depth")).toBe(0);

  const [merged, failed, waiting] = [
    await askFor("fix it"),
    await askFor("fix the docs"),
    await askFor("fix the build"),
  ];
  for (const key of [keys.inbox, keys.unreported]) await orch.redis.zadd(key, Date.now() + 3600_000, LATER);
  const first = await claim(merged.id);
  const during = await scrape();
  expect(during.sum("cicd_pipeline_run_active", 'state="running",agent="scripted"')).toBe(1);
  expect(during.sum("cicd_pipeline_run_active", 'state="queued"')).toBe(2);
  expect(during.sum("orch_queue_depth")).toBe(2);
  later = 90_000;
  expect((await scrape()).sum("orch_queue_oldest_wait_seconds")).toBeGreaterThanOrEqual(90);
  later = 0;
  expect(during.sum("orch_inbox")).toBeGreaterThanOrEqual(1);
  expect(during.sum("orch_unreported")).toBeGreaterThanOrEqual(1);
  expect(during.sum("orch_github_rate_remaining")).toBeGreaterThan(0);
  expect(await (await get("/api/v1/scale")).json()).toEqual({
    wantedSlots: 3,
    waiting: 2,
    active: 1,
    slots: 200,
    idleSlots: 199,
    oldestWaitSeconds: expect.any(Number),
    hosts: { alive: 1, draining: 0 },
  });

  const viewer = new AbortController();
  const { get: see } = await signIn({ url: orch.dashboardUrl(), redisUrl: orch.server.url });
  await see(`/tasks/${merged.id}/output/follow`, {}, viewer.signal);
  await vi.waitFor(async () => expect((await scrape()).sum("orch_terminal_viewers")).toBe(1), WAIT);
  viewer.abort();
  await vi.waitFor(async () => expect((await scrape()).sum("orch_terminal_viewers")).toBe(0), WAIT);

  await orch.store.advance(merged.id, { name: "crashed", epoch: first, at: Date.now() });
  const second = await claim(merged.id, "h0000001");
  const measured = { peakRssBytes: 3 * 1024 ** 3, cpuSeconds: 12.5 };
  const used: Progress = {
    agent: "scripted",
    model: "m1",
    inputTokens: 900,
    outputTokens: 90,
    costUsd: 0.5,
    ...measured,
  };
  await orch.store.advance(merged.id, { name: "progress", epoch: second, progress: used, at: Date.now() });
  const spec = (await orch.store.read(merged.id))?.spec;
  const branch = spec ? branchOf(spec) : "";
  await orch.github.commit(orch.repository, branch, { "fix.txt": "x\n" }, "Fix it", MAINTAINER);
  const pull = { as: MAINTAINER, title: "Fix it", head: branch, base: "main" };
  const { number } = await orch.github.openPull(orch.repository, pull);
  await orch.github.idle();
  expect((await orch.store.read(merged.id))?.state).toMatchObject({ outcome: { kind: "pull_request", number } });
  await orch.github.mergePull(orch.repository, number, { as: MAINTAINER });
  await orch.github.idle();

  const start = { how: "taken up" as const, task: merged.id };
  await end(failed.id, await claim(failed.id), { kind: "host_error", message: "no room" }, { start });
  for (const what of ["requeued", "redelivered"] as const) await tellRecovered(orch.redis, what);
  const after = await scrape();
  expect(after.sum("cicd_pipeline_run_duration_seconds", 'outcome="host_error",phase="working"')).toBe(1);
  expect(after.sum("orch_queue_wait_seconds")).toBe(2);
  expect(after.sum("vcs_change_time_to_merge_seconds", 'agent="scripted",kind="issue"')).toBe(1);
  expect(after.sum("cicd_system_errors_total", 'component="host"')).toBe(1);
  for (const what of ["host_restart", "lock_lost", "taken_up", "requeued", "redelivered"]) {
    expect(after.sum("orch_recoveries_total", `what="${what}"`), what).toBe(1);
  }
  expect(after.sum("orch_tokens_total", 'agent="scripted",model="m1",type="input"')).toBe(900);
  expect(after.sum("orch_tokens_total", 'type="output"')).toBe(90);
  expect(after.sum("orch_cost_usd_total")).toBe(0.5);
  for (const state of ["busy", "idle"])
    expect(after.sum("orch_slot_seconds_total", `host="h0000000",state="${state}"`)).toBeGreaterThan(0);
  expect(after.sum("orch_run_rss_bytes", 'host="h0000001"')).toBe(1);
  expect(after.sum("orch_run_cpu_seconds_total", 'host="h0000001"')).toBe(12.5);
  expect((await scrape()).sum("orch_tokens_total")).toBe(990);

  await orch.stopBot();
  await end(waiting.id, await claim(waiting.id), { kind: "no_changes", lastWords: "" }, { inputTokens: 7 });
  await orch.startBot();
  const anew = await vi.waitFor(scrape, WAIT);
  expect(anew.sum("orch_tokens_total")).toBe(7);
  for (const key of [keys.inbox, keys.unreported]) await orch.redis.zrem(key, LATER);
  for (const name of ["orch_inbox", "orch_unreported"] as const)
    await vi.waitFor(async () => expect((await scrape()).sum(name)).toBe(0), WAIT);
});

test("without the token, by another path or on the webhook's port nothing is said", async () => {
  for (const path of ["/metrics", "/api/v1/scale"]) {
    expect((await get(path, "wrong")).status).toBe(401);
    expect((await fetch(`${url}${path}`)).status).toBe(401);
    expect((await fetch(`${orch.url()}${path}`)).status).toBe(404);
  }
  expect((await get("/readyz")).status).toBe(404);
});
