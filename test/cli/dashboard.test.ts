/** `orch dashboard` against a bot of this process; and what another program is given that has taken the port before. */
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { checkDashboard } from "../../cli/doctor/dashboard.ts";
import { freePort } from "../../demo/free-port.ts";
import { keys } from "../../src/task/keys.ts";
import { type BotSetting, startBotSetting, WORKER_SECRET } from "../support/bot.ts";
import { cookieIn, sendForm, visitorOf } from "../support/dashboard.ts";
import { runOrch } from "./run-orch.ts";

let orch: BotSetting;
let dir: string;
let env: Record<string, string>;
beforeAll(async () => {
  const port = await freePort();
  dir = await mkdtemp(join(tmpdir(), "orch-dashboard-"));
  orch = await startBotSetting({ dashboard: () => ({ host: "127.0.0.1", port, operators: [] }) });
  env = {
    REDIS_URL: orch.server.url,
    ORCH_DATA: dir,
    APP_ID: "1",
    PRIVATE_KEY: orch.github.app.privateKey,
    WEBHOOK_SECRET: orch.github.app.webhookSecret,
    WORKER_SECRET,
    DASHBOARD_PORT: String(port),
  };
  await vi.waitFor(async () => expect(await orch.redis.hlen(keys.dashboardsAt)).toBe(1));
});
afterAll(async () => {
  await orch.close();
  await rm(dir, { recursive: true });
});

const ask = (...args: string[]) => runOrch(["dashboard", ...args], { cwd: dir, env });

test("prints a link that lets a browser in, as whoever asked", async () => {
  const { code, stdout } = await ask("--json");
  const { url, link, expiresAt } = JSON.parse(stdout) as Record<string, string>;
  expect([code, url]).toEqual([0, orch.dashboardUrl()]);
  expect(Date.parse(expiresAt ?? "") - Date.now()).toBeLessThanOrEqual(15 * 60_000);
  const [at = "", secret = ""] = link?.split("#") ?? [];
  expect(at).toBe(`${url}/login`);
  const entered = await sendForm(url ?? "", "/login", { code: secret });
  expect(entered.status).toBe(303);
  expect((await visitorOf(url ?? "", cookieIn(entered)).get("/nothing")).status).toBe(404);
  const { stdout: words } = await ask();
  expect(words).toMatch(/^Dashboard: http:\/\/127\.0\.0\.1:\d+\/login#[\w-]{43}\n\(good once, for 15 minutes/);
});

test("prints none for a program that has the port and is not ours, and doctor says so", async () => {
  const saidBefore = await orch.redis.hgetall(keys.dashboardsAt);
  expect(await checkDashboard(env)).toMatchObject([{ status: "ok", detail: expect.stringContaining("127.0.0.1") }]);
  const other = createServer((_request, response) => response.end("0".repeat(64))).listen(0, "127.0.0.1");
  await once(other, "listening");
  const local = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  // Later than the bot of this process, which says again every few seconds where it is.
  const at = JSON.stringify({ url: local, local, at: Date.now() + 15_000 });
  await orch.redis.hset(keys.dashboardsAt, `${hostname()}/0`, at);
  const { code, stdout, stderr } = await ask();
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain(`What listens on ${local} is not this Orch's dashboard`);
  const taken = { ...env, DASHBOARD_PORT: new URL(local).port };
  expect(await checkDashboard(taken)).toMatchObject([
    { status: "problem", remedy: expect.stringContaining("free one") },
  ]);
  other.close();
  await orch.redis.del(keys.dashboardsAt);
  await orch.redis.hset(keys.dashboardsAt, saidBefore);
});

test("says what to look at where no bot serves one", async () => {
  await orch.stopBot();
  const { code, stdout } = await ask("--json");
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ error: expect.stringContaining("No bot serves a dashboard.") });
  expect(await checkDashboard({ ...env, DASHBOARD_PORT: "off" })).toMatchObject([{ status: "note" }]);
});
