/** The door in a real browser: a link lets one in, forms are taken from our own pages, and a page on another port of the machine gets nowhere. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeLink } from "../../dashboard/door/links.ts";
import { openDoor } from "../../dashboard/door/listener.ts";
import { html } from "../../dashboard/html.ts";
import { deedForm } from "../../dashboard/pages/deed-form.ts";
import { page as layout } from "../../dashboard/pages/layout.ts";
import type { DashboardRoute } from "../../dashboard/visit.ts";
import { freePort } from "../../demo/free-port.ts";
import type { GitHub } from "../../src/github.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { openBrowser, type TestBrowser } from "./browser.ts";

const done: string[] = [];
const routes: DashboardRoute[] = [
  {
    method: "GET",
    path: "/",
    answer: async (visit) =>
      layout({
        title: "First",
        visit,
        live: "front",
        body: html`<h1>In</h1>${deedForm(visit, { to: "/deed", word: "Do it" })}<pre class="text">${"unbroken".repeat(300)}</pre>`,
      }),
  },
  {
    method: "GET",
    path: "/events",
    answer: async ({ signal, now }) => ({
      kind: "stream",
      run: async (stream) => {
        stream.send({ event: "news", data: JSON.stringify({ at: now }) });
        await once(signal, "abort");
      },
    }),
  },
  {
    method: "POST",
    path: "/deed",
    answer: async ({ form }) => {
      done.push(form.get("key") ?? "");
      return { kind: "see", to: "/" };
    },
  },
];

let server: ConnectedRedis;
let browser: TestBrowser;
let url: string;
let door: Awaited<ReturnType<typeof openDoor>>;
let foreign: Server;
beforeAll(async () => {
  server = await startConnectedRedis();
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const deps = { redis: server.redis, github: { server: {} } as GitHub, routes, now: Date.now };
  door = await openDoor({ ...deps, log: pino({ level: "silent" }) }, { host: "127.0.0.1", port, operators: [] });
  browser = await openBrowser();
  foreign = createServer((_request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(`<!doctype html><body><iframe src="${url}/"></iframe>
<form method="post" action="${url}/deed"><input name="token" value="x"></form>`);
  }).listen(0, "127.0.0.1");
  await once(foreign, "listening");
});
afterAll(async () => {
  await browser.close();
  foreign.closeAllConnections();
  foreign.close();
  await door.stop();
  await server.close();
});

const heading = "document.querySelector('h1')?.textContent";

test("the link lets in by itself, once; what is done there is done; signing out ends it", async () => {
  const { page, context, complaints } = await browser.look();
  const link = await makeLink(server.redis, url, "ada");
  await page.goto(link);
  await page.waitForURL(`${url}/`);
  expect(await page.evaluate(heading)).toBe("In");
  await page.getByRole("button", { name: "Do it" }).click();
  await expect.poll(() => done.length).toBe(1);
  expect(done[0]).toMatch(/^[\w-]{22}$/);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${url}/login`);
  expect((await context.cookies()).map(({ name }) => name)).toEqual([]);
  await page.goto(link);
  await expect.poll(() => page.locator("main").textContent()).toContain("used before");
  expect(page.url()).not.toContain("#");
  expect(complaints()).toEqual([]);
});

test("a page whose session has ended elsewhere says so, and leads back to itself", async () => {
  const { page, another, complaints } = await browser.look();
  await page.goto(await makeLink(server.redis, url, "ada"));
  await page.waitForURL(`${url}/`);
  await page.goto(`${url}/?which=this`);
  const live = page.locator("#live");
  await expect.poll(() => live.textContent()).toMatch(/^live/);
  expect(await live.getByRole("link").isVisible()).toBe(false);
  const { page: other } = await another();
  await other.goto(`${url}/`);
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(`${url}/login`);
  await expect.poll(() => live.textContent(), { timeout: 10_000 }).toMatch(/^signed out, as of \d\d:\d\d:\d\d/);
  expect(await page.locator("#announce").textContent()).toBe("You are signed out.");
  await live.getByRole("link", { name: "Sign in" }).click();
  await page.waitForURL(/\/login\?to=/);
  expect(new URL(page.url()).searchParams.get("to")).toBe("/?which=this");
  expect(complaints()).toEqual([]);
});

test.each([400, 1280])(
  "at %i px a text without a break stays in its box, and the way in stands in the middle",
  async (width) => {
    const { page } = await browser.look({ viewport: { width, height: 800 } });
    await page.goto(`${url}/login`);
    const box = await page.locator("main").boundingBox();
    const [left, right] = [box?.x ?? 0, width - (box?.x ?? 0) - (box?.width ?? 0)];
    expect(Math.abs(left - right)).toBeLessThanOrEqual(1);
    expect(left).toBeGreaterThanOrEqual(12);
    await page.goto(await makeLink(server.redis, url, "ada"));
    await page.waitForURL(`${url}/`);
    const isWithin = "document.querySelector('pre.text').scrollWidth <= document.querySelector('pre.text').clientWidth";
    expect(await page.evaluate(isWithin)).toBe(true);
  },
);

test("without its script the code is pasted", async () => {
  const { page } = await browser.look({ javaScriptEnabled: false });
  const link = await makeLink(server.redis, url, "ada");
  await page.goto(link);
  await page.getByLabel(/code of a one-time link/).fill(link.split("#")[1] ?? "");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(`${url}/`);
});

test("a page on another port of this machine can do nothing there, read nothing and show nothing", async () => {
  const { page, another } = await browser.look();
  await page.goto(await makeLink(server.redis, url, "ada"));
  await page.waitForURL(`${url}/`);
  const before = done.length;
  const { page: evil } = await another();
  await evil.goto(`http://127.0.0.1:${(foreign.address() as AddressInfo).port}/`);
  const read = `fetch("${url}/", { credentials: "include" }).then(() => "read", () => "refused")`;
  expect(await evil.evaluate(read)).toBe("refused");
  const send = `fetch("${url}/deed", { method: "POST", mode: "no-cors", credentials: "include", body: "token=x" }).then(() => "read", () => "sent")`;
  expect(await evil.evaluate(send)).toBe("sent");
  const framed = evil.frames().find((frame) => frame !== evil.mainFrame());
  expect(await framed?.evaluate(heading).catch(() => undefined)).not.toBe("In");
  await evil.evaluate("document.forms[0].submit()");
  await expect.poll(() => evil.locator("h1").textContent()).toBe("Not from here");
  expect(done.length).toBe(before);
});
