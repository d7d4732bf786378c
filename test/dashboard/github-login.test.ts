/** Signing in with GitHub, at a dashboard behind its public address, with a bot, a real Redis and a GitHub on loopback. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WAY_MS } from "../../dashboard/door/github-login.ts";
import { freePort } from "../../demo/free-port.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { cookieIn, send } from "../support/dashboard.ts";

const PUBLIC = "https://orch.example.com";
/** What its proxy hands on. */
const HOST = { host: "orch.example.com" };

let now = 0;
let orch: BotSetting;
let local: string;
beforeAll(async () => {
  const port = await freePort();
  local = `http://127.0.0.1:${port}`;
  orch = await startBotSetting({
    now: () => Date.now() + now,
    dashboard: (github) => ({
      host: "127.0.0.1",
      port,
      operators: [github.createUser("ada").id],
      signIn: { url: PUBLIC, clientId: github.app.clientId, clientSecret: github.app.clientSecret },
    }),
  });
  orch.github.setCallbackUrl(`${PUBLIC}/callback`);
});
afterAll(() => orch.close());

const get = (path: string, headers: Record<string, string> = {}) =>
  send(`${local}${path}`, {
    headers: { ...HOST, "sec-fetch-mode": "navigate", "sec-fetch-dest": "document", ...headers },
  });

type Way = { cookie: string; github: URL };

/** The browser is sent to GitHub. */
async function leave(to = "/tasks/t1?a=b"): Promise<Way> {
  const answer = await get(`/login/github?${new URLSearchParams({ to })}`);
  expect(answer.status).toBe(302);
  return { cookie: cookieIn(answer), github: new URL(answer.headers.get("location") ?? "") };
}

/** GitHub lets them in as this person, and sends them back: the path that they come to. */
async function approve({ github }: Pick<Way, "github">, login: string): Promise<string> {
  github.searchParams.set("as", login);
  const back = new URL((await send(github.href)).headers.get("location") ?? "");
  expect(back.origin).toBe(PUBLIC);
  return `${back.pathname}${back.search}`;
}

const comeBack = (path: string, cookie: string) => get(path, { cookie, "sec-fetch-site": "cross-site" });

async function signIn(login: string): Promise<string> {
  const way = await leave();
  return cookieIn(await comeBack(await approve(way, login), way.cookie));
}

describe("signing in with GitHub", () => {
  test("lets somebody in where they wanted to go, and keeps nothing of their token", async () => {
    const way = await leave();
    expect(way.cookie).toMatch(/^__Host-orch-sign-in=\d{13}\.[\w-]{43}$/);
    expect(way.github.origin + way.github.pathname).toBe(`${orch.github.url}/login/oauth/authorize`);
    expect(Object.fromEntries(way.github.searchParams)).toMatchObject({
      client_id: orch.github.app.clientId,
      redirect_uri: `${PUBLIC}/callback`,
      code_challenge_method: "S256",
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(way.github.href).not.toContain(orch.github.app.clientSecret);
    const back = await comeBack(await approve(way, MAINTAINER), way.cookie);
    expect(back.status).toBe(200);
    const [session = "", end = ""] = back.headers.getSetCookie();
    expect(session).toMatch(/^__Host-orch=[\w-]{43}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Strict; Secure$/);
    expect(end).toMatch(/^__Host-orch-sign-in=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict; Secure$/);
    expect(await back.text()).toContain(`content="0; url=/tasks/t1?a=b"`);
    expect(orch.github.peopleTokens()).toBe(0);
    expect((await get("/nothing", { cookie: cookieIn(back) })).status).toBe(404);
    const all = await orch.redis.keys("*dashboard*");
    expect((await Promise.all(all.map((key) => orch.redis.dump(key)))).join(" ")).not.toContain("ghu_");
  });

  test("is not finished in another browser, nor with another state, nor twice, nor too late", async () => {
    const [way, other] = [await leave(), await leave()];
    const path = await approve(way, MAINTAINER);
    const swapped = path.replace(/state=[^&]+/, `state=${other.github.searchParams.get("state")}`);
    const tries: [string, string][] = [
      [path, ""],
      [path, other.cookie],
      [swapped, way.cookie],
      [path.replace(/&state=[^&]+/, ""), way.cookie],
      ["/callback?error=access_denied", way.cookie],
      ["/callback", way.cookie],
    ];
    for (const [to, cookie] of tries) {
      const answer = await comeBack(to, cookie);
      expect([to, answer.status, cookieIn(answer)]).toEqual([to, 403, ""]);
    }
    expect((await comeBack(path, way.cookie)).status).toBe(200);
    expect((await comeBack(path, way.cookie)).status).toBe(403);
    const late = await leave();
    const back = await approve(late, MAINTAINER);
    now = WAY_MS + 1_000;
    expect((await comeBack(back, late.cookie)).status).toBe(403);
    now = 0;
  });

  test("leads nowhere else afterwards", async () => {
    const way = await leave("//evil.example");
    expect(await (await comeBack(await approve(way, MAINTAINER), way.cookie)).text()).toContain(`content="0; url=/"`);
  });

  test("comes to nothing while GitHub does not answer, and says so", async () => {
    const way = await leave();
    const path = await approve(way, MAINTAINER);
    orch.github.faults.api({ times: 1, match: { method: "GET", path: /\/user$/ }, action: { status: 500 } });
    expect((await comeBack(path, way.cookie)).status).toBe(403);
    expect(orch.github.peopleTokens()).toBe(0);
  });
});

test("an account that the settings name may everything, others find nothing there", async () => {
  const [operator, person] = [await signIn("ada"), await signIn(STRANGER)];
  const pause = async (cookie: string) => (await get("/queue/pause", { cookie })).status;
  // It is a deed, which a GET is not: that it is there at all only an operator is told.
  expect([await pause(operator), await pause(person)]).toEqual([405, 404]);
});

test("the cookie of the public address is none at the local one, which serves a link as well", async () => {
  const cookie = await signIn(MAINTAINER);
  const answer = await send(`${local}/`, { headers: { cookie, "sec-fetch-mode": "navigate" } });
  expect(answer.status).toBe(303);
});
