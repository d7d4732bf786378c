/** The door as a stranger, a browser and a viewer meet it: over real HTTP, with a real Redis and a GitHub on loopback. */
import { request as ask } from "node:http";
import { hostname } from "node:os";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { makeLink } from "../../../dashboard/door/links.ts";
import { openDoor } from "../../../dashboard/door/listener.ts";
import { html } from "../../../dashboard/html.ts";
import { page } from "../../../dashboard/pages/layout.ts";
import type { DashboardRoute, EventStream } from "../../../dashboard/visit.ts";
import { freePort } from "../../../demo/free-port.ts";
import type { GitHub } from "../../../src/github.ts";
import { connectRedis, waitForRedis } from "../../../src/task/redis.ts";
import { cookieIn, eventsOf, sendForm, signIn, visitorOf } from "../../support/dashboard.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";

const log = pino({ level: "silent" });
const HOUR = 3600_000;

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let port: number;
let url: string;
let door: Awaited<ReturnType<typeof openDoor>>;
let now = Date.now();
/** Deeds that were done. */
const done: string[] = [];
const streams = new Set<EventStream>();

const routes: DashboardRoute[] = [
  {
    method: "GET",
    path: "/",
    answer: async (visit) => page({ title: "First", visit, body: html`<p>Hello, ${visit.viewer.kind}</p>` }),
  },
  {
    method: "GET",
    path: "/tasks/:id",
    answer: async ({ params }) => ({ kind: "bytes", type: "text/plain", body: params.id ?? "" }),
  },
  {
    method: "POST",
    path: "/tasks/:id/cancel",
    answer: async ({ params, form }) => {
      done.push(`${params.id} ${form.get("why") ?? ""}`);
      return { kind: "see", to: `/tasks/${params.id}` };
    },
  },
  {
    method: "GET",
    path: "/events",
    answer: async ({ signal }) => ({
      kind: "stream",
      run: async (stream) => {
        streams.add(stream);
        await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
        streams.delete(stream);
      },
    }),
  },
  { method: "GET", path: "/broken", answer: async () => Promise.reject(new Error("no")) },
];

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const github = { server: {} } as GitHub;
  door = await openDoor(
    { redis, github, routes, now: () => now, log },
    { host: "127.0.0.1", port, operators: [] },
    { recheckMs: 20, tickMs: 50 },
  );
});
afterAll(async () => {
  await door.stop();
  redis.disconnect();
  await server.stop();
});

const enter = () => signIn({ url, redisUrl: server.url });

type Raw = { path?: string; method?: string; headers?: Record<string, string>; body?: string };

/** As no browser would send it. */
const raw = ({ path = "/", method = "GET", headers = {}, body = "" }: Raw) =>
  new Promise<{ status: number; headers: Record<string, unknown>; text: string }>((resolve, reject) => {
    const sent = ask(
      { host: "127.0.0.1", port, path, method, headers, setHost: headers.host === undefined },
      (answer) => {
        let text = "";
        answer.setEncoding("utf8").on("data", (part) => {
          text += part;
        });
        answer.on("end", () => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });

describe("a name or a path that is not ours", () => {
  test("is told apart first of all, whatever is asked for and whoever asks", async () => {
    const { cookie } = await enter();
    for (const path of ["/", "/login", "/tasks/t1", "/assets/x.css", "/nothing"]) {
      for (const host of ["evil.example", `evil.example:${port}`, "127.0.0.1", `127.0.0.1:${port + 1}`, ""]) {
        const answer = await raw({ path, headers: { host, cookie } });
        expect([path, host, answer.status]).toEqual([path, host, 421]);
        expect(answer.text).not.toContain("Hello");
      }
    }
    for (const host of [`localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
      expect((await raw({ headers: { host, cookie } })).status).toBe(200);
  });

  test("is nothing where it is written in a roundabout way", async () => {
    const { cookie } = await enter();
    for (const path of [
      "/x/../tasks/t1",
      "/./tasks/t1",
      "//evil.example/",
      "/tasks/%74/..",
      "/tasks/t1/",
      `http://127.0.0.1:${port}/`,
      "/tasks/a%2fb",
      "/tasks/",
    ])
      expect((await raw({ path, headers: { host: `127.0.0.1:${port}`, cookie } })).status, path).toBe(404);
    expect((await raw({ path: "/tasks/t1", headers: { cookie } })).text).toBe("t1");
  });
});

describe("whoever is not signed in", () => {
  test("is told what this is, and of which machine", async () => {
    const said = await (await fetch(`${url}/login`)).text();
    expect(said).toContain("Orch has agents work on what is asked for");
    expect(said).toContain(`on ${hostname()}`);
  });

  test("is sent to the page for that, and learns nothing of what there is", async () => {
    for (const path of ["/tasks/t1", "/nothing", "/tasks/t1/cancel"]) {
      const answer = await visitorOf(url, "").get(path);
      expect(answer.status).toBe(303);
      expect(answer.headers.get("location")).toBe(`/login?${new URLSearchParams({ to: path })}`);
      expect((await visitorOf(url, `orch-${port}=${"a".repeat(43)}`).get(path)).status).toBe(303);
    }
    for (const path of ["/tasks/t1/cancel", "/nothing"]) expect((await sendForm(url, path, {})).status).toBe(401);
    expect((await visitorOf(url, "").get("/events", { "sec-fetch-mode": "cors" })).status).toBe(401);
    expect(done).toEqual([]);
  });

  test("who follows a link from another site is sent on with the cookie", async () => {
    const answer = await visitorOf(url, "").get("/tasks/t1?a=b", {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    });
    expect(await answer.text()).toContain(`<meta http-equiv="refresh" content="0; url=/tasks/t1?a=b">`);
  });
});

describe("the one-time link", () => {
  test("lets one browser in, once, and looking at its address uses nothing up", async () => {
    const link = await makeLink(redis, url, "ada");
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/login#[\w-]{43}$/);
    const [, code = ""] = link.split("#");
    for (const _ of [1, 2]) expect((await fetch(link)).status).toBe(200);
    const first = await sendForm(url, "/login", { code, to: "/tasks/t1" });
    expect([first.status, first.headers.get("location")]).toEqual([303, "/tasks/t1"]);
    const [set = ""] = first.headers.getSetCookie();
    expect(set).toMatch(new RegExp(`^orch-${port}=[\\w-]{43}; Path=/; Max-Age=604800; HttpOnly; SameSite=Strict$`));
    const second = await sendForm(url, "/login", { code });
    expect([second.status, second.headers.getSetCookie()]).toEqual([403, []]);
    const said = await second.text();
    expect(said).toContain("used before");
    expect(said).toContain("npm run orch -- dashboard");
    expect(await (await visitorOf(url, cookieIn(first)).get("/")).text()).toContain("Hello, operator");
  });

  test("leads nowhere else than to a page of ours", async () => {
    for (const to of ["//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nx: y"]) {
      const [, code = ""] = (await makeLink(redis, url, "ada")).split("#");
      expect((await sendForm(url, "/login", { code, to })).headers.get("location")).toBe("/");
    }
  });

  test("is not good from a page elsewhere, and stays good then", async () => {
    const [, code = ""] = (await makeLink(redis, url, "ada")).split("#");
    const elsewhere: Record<string, string>[] = [{ origin: "http://evil.example" }, { "sec-fetch-site": "cross-site" }];
    for (const headers of elsewhere) expect((await sendForm(url, "/login", { code }, headers)).status).toBe(403);
    expect((await sendForm(url, "/login", { code })).status).toBe(303);
  });

  test("stands in Redis as a hash only, as a session does", async () => {
    const [, code = ""] = (await makeLink(redis, url, "ada")).split("#");
    const { cookie } = await enter();
    const all = await redis.keys("*dashboard*");
    const values = await Promise.all(all.map(async (key) => `${key} ${await redis.dump(key)}`));
    for (const secret of [code, cookie.split("=")[1] ?? ""]) expect(values.join("\n")).not.toContain(secret);
  });
});

describe("a session", () => {
  test("ends after twelve hours without a visit, and not before", async () => {
    const { get } = await enter();
    now += 11 * HOUR;
    expect((await get("/")).status).toBe(200);
    now += 11 * HOUR;
    expect((await get("/")).status).toBe(200);
    now += 12 * HOUR;
    expect((await get("/")).status).toBe(303);
  });

  test("ends after seven days in any case", async () => {
    const { get } = await enter();
    for (let hours = 0; hours < 7 * 24 - 10; hours += 10) {
      now += 10 * HOUR;
      expect((await get("/")).status).toBe(200);
    }
    now += 10 * HOUR;
    expect((await get("/")).status).toBe(303);
  });

  test("ends when somebody signs out, and its streams with it", async () => {
    const { get, post } = await enter();
    const events = eventsOf(await get("/events"));
    const over = events.next();
    const left = await post("/logout");
    expect([left.status, left.headers.get("location")]).toEqual([303, "/login"]);
    expect(left.headers.getSetCookie()).toEqual([`orch-${port}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict`]);
    await expect(over).rejects.toThrow();
    expect((await get("/")).status).toBe(303);
  });

  test("lets its owner go on looking while Redis takes nothing new, and says so of what cannot be done", async () => {
    const { get } = await enter();
    const [, code = ""] = (await makeLink(redis, url, "root")).split("#");
    now += HOUR; // the visit would be noted down
    await redis.config("SET", "maxmemory", "1");
    onTestFinished(async () => void (await redis.config("SET", "maxmemory", "0")));
    expect((await get("/")).status).toBe(200);
    const refused = await sendForm(url, "/login", { code });
    expect([refused.status, await refused.text()]).toEqual([503, expect.stringContaining("takes nothing new")]);
  });

  test("of one person there are sixteen at most: the oldest ends", async () => {
    const first = await enter();
    for (let nth = 0; nth < 16; nth += 1) {
      now += 1;
      await enter();
    }
    expect((await first.get("/")).status).toBe(303);
  });
});

describe("a deed", () => {
  const path = "/tasks/t1/cancel";
  const refused: [string, { fields?: Record<string, string>; headers?: Record<string, string> }][] = [
    ["without an origin", { headers: { origin: "" } }],
    ["from a page of another site", { headers: { origin: "http://evil.example" } }],
    ["from another port of this machine", { headers: { origin: "http://127.0.0.1:1", "sec-fetch-site": "same-site" } }],
    ["from an origin that only looks like ours", { headers: { origin: "null" } }],
    ["that a browser says comes from elsewhere", { headers: { "sec-fetch-site": "cross-site" } }],
    ["that no browser sent", { headers: { "sec-fetch-site": "" } }],
    ["as plain text, which needs no preflight", { headers: { "content-type": "text/plain" } }],
    ["as JSON", { headers: { "content-type": "application/json" } }],
    ["with a wrong token", { fields: { token: "a".repeat(43) } }],
    ["without a token", { fields: { token: "" } }],
  ];
  test.each(refused)("%s is refused, and not done", async (_, { fields, headers }) => {
    const { post } = await enter();
    expect((await post(path, { why: "refused", ...fields }, headers)).status).toBe(403);
    expect(done).not.toContain("t1 refused");
  });

  test("with the token of another session is refused", async () => {
    const [one, other] = [await enter(), await enter()];
    expect((await one.post(path, { token: await other.formToken() })).status).toBe(403);
  });

  test("that is too large is refused", async () => {
    const { post } = await enter();
    expect((await post(path, { why: "a".repeat(300_000) })).status).toBe(413);
  });

  test("from a page of ours is done", async () => {
    const { post } = await enter();
    const answer = await post(path, { why: "done" });
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/tasks/t1"]);
    expect(done).toEqual(["t1 done"]);
  });

  test("is no GET, and a page is no POST", async () => {
    const { get, post } = await enter();
    expect((await get(path)).status).toBe(405);
    expect((await post("/tasks/t1")).status).toBe(405);
    expect((await raw({ method: "PUT" })).status).toBe(405);
  });
});

describe("every answer", () => {
  test("says to whom a browser may give it, also one that is refused", async () => {
    const { get, cookie } = await enter();
    const asked = [
      await get("/"),
      await get("/nothing"),
      await get("/broken"),
      await visitorOf(url, "").get("/"),
      await visitorOf(url, "").get("/login"),
    ];
    const refused = await raw({ headers: { host: "evil.example", cookie } });
    for (const headers of [...asked.map((each) => Object.fromEntries(each.headers)), refused.headers]) {
      expect(headers).toMatchObject({
        "content-security-policy":
          "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
      });
    }
    expect(asked.map(({ status }) => status)).toEqual([200, 404, 500, 303, 200]);
  });

  test("is nothing to a page of another port that would load it", async () => {
    const { get } = await enter();
    for (const site of ["cross-site", "same-site"])
      expect(
        (await get("/", { "sec-fetch-site": site, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" })).status,
      ).toBe(404);
  });

  test("brings its style under a name that a browser keeps for good", async () => {
    const [, path = ""] = /href="(\/assets\/[0-9a-f]+\.css)"/.exec(await (await fetch(`${url}/login`)).text()) ?? [];
    const style = await fetch(`${url}${path}`);
    expect(style.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
    expect(style.headers.get("content-type")).toBe("text/css; charset=utf-8");
    expect(await style.text()).toContain("--canvas");
    expect((await visitorOf(url, "").get("/assets/0.css", { "sec-fetch-mode": "no-cors" })).status).toBe(401);
  });
});

describe("a stream", () => {
  test("brings its events as they are sent, and nothing of them can make another one", async () => {
    const { get } = await enter();
    const before = streams.size;
    const events = eventsOf(await get("/events"));
    await vi.waitFor(() => expect(streams.size).toBe(before + 1));
    const stream = [...streams].at(-1);
    stream?.send({ event: "row\nevent: x", data: "one\ntwo\r\n\nid: 7", id: "5\n\nevent: y" });
    expect((await events.next()).value).toEqual({ event: "rowevent: x", data: "one\ntwo\n\nid: 7", id: "5event: y" });
    await events.return();
    await vi.waitFor(() => expect(streams.size).toBe(before));
  });

  test("of a viewer who does not read drops events from a megabyte on, and others go on", async () => {
    const [slow, quick] = [await enter(), await enter()];
    const reading = eventsOf(await quick.get("/events"));
    await vi.waitFor(() => expect(streams.size).toBe(1));
    const [toQuick] = streams;
    const socket = ask({ host: "127.0.0.1", port, path: "/events", headers: { cookie: slow.cookie } });
    socket.on("response", (answer) => answer.pause()).on("error", () => undefined);
    socket.end();
    await vi.waitFor(() => expect(streams.size).toBe(2));
    const toSlow = [...streams].at(-1);
    const data = "x".repeat(64 * 1024);
    let sent = 0;
    for (let nth = 0; nth < 200; nth += 1) {
      if (toSlow?.send({ event: "row", data })) sent += 1;
      await new Promise(setImmediate);
    }
    expect(sent).toBeLessThan(200);
    expect(toSlow?.pending()).toBeLessThanOrEqual(1024 * 1024 + 70_000);
    toQuick?.send({ event: "row", data: "still" });
    expect((await reading.next()).value).toEqual({ event: "row", data: "still" });
    // Four ticks later it is cut off.
    await vi.waitFor(() => expect(streams.size).toBe(1), { timeout: 5_000 });
    await reading.return();
  });
});

test("a stop ends streams at once, and a second dashboard has the port from then on", async () => {
  const github = { server: {} } as GitHub;
  const config = { host: "127.0.0.1", port: await freePort(), operators: [] };
  const open = () => openDoor({ redis, github, routes, now: () => now, log }, config, { recheckMs: 1_000 });
  const [first, second] = [await open(), await open()];
  expect([first.isListening(), second.isListening()]).toEqual([true, false]);
  const at = `http://127.0.0.1:${config.port}`;
  const visitor = await signIn({ url: at, redisUrl: server.url });
  const events = eventsOf(await visitor.get("/events"));
  const over = events.next();
  const before = performance.now();
  await first.stop();
  expect((await over).done).toBe(true);
  expect(performance.now() - before).toBeLessThan(1_500);
  await vi.waitFor(() => expect(second.isListening()).toBe(true), { timeout: 5_000 });
  expect((await visitor.get("/")).status).toBe(200);
  await second.stop();
});
