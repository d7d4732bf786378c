/**
 * `orch dashboard`: a link that lets one browser in as whoever operates Orch, once, within a quarter of an hour. It goes to whoever asked and nowhere else:
 * what is opened for them is a file of theirs, because other users of the machine see the arguments of its programs.
 */
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Redis } from "ioredis";
import { LINK_MS, makeLink } from "../dashboard/door/links.ts";
import { findDashboard, isOurs } from "../dashboard/door/proof.ts";
import { html } from "../dashboard/html.ts";
import type { Env } from "../src/config.ts";
import { dataDirOf } from "../src/data-dir.ts";
import { operatorName } from "./consent.ts";
import { withRedis } from "./with-redis.ts";

/** `wait`: for a bot that starts. `open`: in a browser, where there is a screen. */
export type DashboardOptions = { json?: boolean; open?: boolean; wait?: boolean };

const WAIT_MS = 60_000;
const LOOK_MS = 250;

type Found = { url: string; link: string } | { problem: string };

/** Exit code 0; 1 when there is no dashboard, or another program has its port. */
export async function dashboard(env: Env, options: DashboardOptions): Promise<number> {
  const found = await withRedis(env, "dashboard", (redis) => findLink(redis, env, options));
  if ("problem" in found) {
    if (options.json) process.stdout.write(`${JSON.stringify({ error: found.problem })}\n`);
    else process.stderr.write(`${found.problem}\n`);
    return 1;
  }
  const { url, link } = found;
  const expiresAt = new Date(Date.now() + LINK_MS).toISOString();
  if (options.json) process.stdout.write(`${JSON.stringify({ url, link, expiresAt })}\n`);
  else
    process.stdout.write(
      `Dashboard: ${link}\n(good once, for ${LINK_MS / 60_000} minutes; orch dashboard prints another)\n`,
    );
  if (!options.json && options.open !== false && process.stdout.isTTY) openInBrowser(env, link);
  return 0;
}

/** `name`: of whoever is let in. */
async function findLink(redis: Redis, env: Env, { wait }: DashboardOptions): Promise<Found> {
  const at = await whereItIs(redis, wait ? WAIT_MS : 0);
  if (!at) return { problem: NONE };
  // One with a public address shows by its certificate whose it is; of a port of this machine anybody could be the first.
  const isLocal = at.url.startsWith("http://");
  if (isLocal && !at.isHere) return { problem: `The dashboard is on another machine: run \`orch dashboard\` there.` };
  if (isLocal && !(await isOurs(redis, at)))
    return {
      problem: `What listens on ${at.local} is not this Orch's dashboard: it may be starting, or another program has the port. Set DASHBOARD_PORT to a free one.`,
    };
  return { url: at.url, link: await makeLink(redis, at.url, operatorName(env)) };
}

const NONE =
  "No bot serves a dashboard. Does Orch run (orch status)? DASHBOARD_PORT may be off, or another program may have that port: the bot's log says so.";

async function whereItIs(redis: Redis, waitMs: number) {
  for (const giveUpAt = performance.now() + waitMs; ; await delay(LOOK_MS)) {
    const found = await findDashboard(redis, Date.now());
    if (found || performance.now() >= giveUpAt) return found;
  }
}

/** Where there is a screen and no browser, nothing happens: the link stands above. */
function openInBrowser(env: Env, link: string): void {
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return;
  const dir = join(dataDirOf(env), "dashboard");
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, "open.html");
  const page = html`<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url=${link}">
<a href="${link}">To the dashboard</a>
`;
  writeFileSync(file, page.text, { mode: 0o600 });
  spawn("xdg-open", [file], { stdio: "ignore", detached: true })
    .on("error", () => undefined)
    .unref();
}
