import nock from "nock";
import { ProbotOctokit } from "probot";
import { afterEach, expect, test } from "vitest";
import { readLog, redeliver } from "../../src/reconcile/delivery-log.ts";

const API = "https://api.github.test";
const octokit = new ProbotOctokit({ baseUrl: API, retry: { enabled: false }, throttle: { enabled: false } });
afterEach(() => {
  expect(nock.pendingMocks()).toEqual([]);
  nock.cleanAll();
});

const item = (id: string, deliveredAt: string, statusCode: number) =>
  `{"id":${id},"guid":"g-${id}","delivered_at":"${deliveredAt}","redelivery":false,"duration":1,"status":"x",` +
  `"status_code":${statusCode},"event":"issues","action":"closed","installation_id":1,"repository_id":1}`;

const JSON_TYPE = { "content-type": "application/json" };
const page = (cursor: string, items: string[], next?: string) =>
  nock(API)
    .get("/app/hook/deliveries")
    .query({ per_page: "100", ...(cursor ? { cursor } : {}) })
    .reply(200, `[${items.join(",")}]`, {
      ...JSON_TYPE,
      date: "Sat, 21 Nov 2026 12:00:00 GMT",
      ...(next ? { link: `<${API}/app/hook/deliveries?per_page=100&cursor=${next}>; rel="next"` } : {}),
    });

test("the log is read page by page until it is older than asked for", async () => {
  page("", [item("4", "2026-11-21T11:00:00Z", 200), item("3", "2026-11-21T10:00:00Z", 503)], "v1_3");
  page("v1_3", [item("2", "2026-11-21T09:00:00Z", 504), item("1", "2026-11-20T09:00:00Z", 502)], "v1_1");
  let pages = 0;
  const log = await readLog(octokit, Date.parse("2026-11-21T00:00:00Z"), async () => void pages++);
  expect(log.attempts.map(({ id, arrived }) => [id, arrived])).toEqual([
    ["2", false],
    ["3", false],
    ["4", true],
  ]);
  expect(log.attempts[2]).toMatchObject({ name: "issues.closed", guid: "g-4", at: Date.parse("2026-11-21T11:00:00Z") });
  expect(log).toMatchObject({ complete: true, now: Date.parse("2026-11-21T12:00:00.999Z") });
  expect(pages).toBe(2);
});

test("an id beyond JavaScript's safe numbers is kept to the last digit", async () => {
  page("", [item("9007199254740993", "2026-11-21T11:00:00Z", 502)]);
  const { attempts } = await readLog(octokit, 0, async () => undefined);
  nock(API).post("/app/hook/deliveries/9007199254740993/attempts").reply(202, "{}", JSON_TYPE);
  await redeliver(octokit, attempts[0] ?? { id: "none" });
});

test("an endless log is left after 100 pages, and that is told", async () => {
  for (let number = 0; number < 100; number++)
    page(
      number === 0 ? "" : `c${number}`,
      [item(String(1_000 - number), "2026-11-21T11:00:00Z", 200)],
      `c${number + 1}`,
    );
  const log = await readLog(octokit, 0, async () => undefined);
  expect([log.complete, log.attempts.length]).toEqual([false, 100]);
});

test("the reading ends where it is told to", async () => {
  page("", [item("4", "2026-11-21T11:00:00Z", 200)], "v1_4");
  let pages = 0;
  const stop = async () => {
    pages += 1;
    if (pages === 2) throw new Error("stopped");
  };
  await expect(readLog(octokit, 0, stop)).rejects.toThrow("stopped");
});
