/** What viewers are sent, with a real Redis and real records: who hears what, how often, and what is drawn for it. */
import { pino } from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { frontView } from "../../../dashboard/pages/front.ts";
import { taskLiveView } from "../../../dashboard/pages/task.ts";
import { makeFacts } from "../../../dashboard/rows/facts.ts";
import { type LiveView, startLive } from "../../../dashboard/rows/live.ts";
import type { EventStream, Rights } from "../../../dashboard/visit.ts";
import { onCheckSuiteCompleted } from "../../../src/events/on-ci.ts";
import { onPullRequestHead } from "../../../src/events/on-pull-head.ts";
import { readHosts } from "../../../src/task/hosts.ts";
import { makeTaskQueue } from "../../../src/task/queue.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../../../src/task/redis.ts";
import { makeTaskStore } from "../../../src/task/store.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import { makeViewReader } from "../../../src/views/reader.ts";
import { queuedTask } from "../../report/sample-tasks.ts";
import { startRedis, type TestRedis } from "../../support/redis.ts";
import { LANE, STARTS } from "../../support/task-spec.ts";
import { OPERATOR, personOf } from "../pages/sample-pages.ts";

type News = {
  at: number;
  regions?: { id: string; total: number; order: string[]; rows: Record<string, string> }[];
  blocks?: { id: string; html: string }[];
};

const log = pino({ level: "silent" });
const LETTERS = "abcdefghijklmnopqrstuvwxyz";

let server: TestRedis;
let redis: ReturnType<typeof connectRedis>;
let subscriber: ReturnType<typeof connectRedis>;
let store: ReturnType<typeof makeTaskStore>;
let live: ReturnType<typeof startLive>;
let front: LiveView;
let nth = 0;

beforeAll(async () => {
  server = await startRedis();
  redis = connectRedis(server.url, "test");
  subscriber = connectBlockingRedis(server.url, "test-news");
  await waitForRedis(redis, 5_000);
  store = makeTaskStore(redis);
  const hosts = () => readHosts(redis, Date.now());
  const views = makeViewReader({ redis, store, queue: makeTaskQueue(redis), hosts, now: Date.now });
  const facts = makeFacts({ redis, store, views, now: Date.now });
  front = frontView();
  const task = taskLiveView({ redis, store, views, webUrl: "https://github.example" });
  live = startLive({ subscriber, facts, views: [front, task], now: Date.now, log });
});
afterAll(async () => {
  await live.stop();
  subscriber.disconnect();
  redis.disconnect();
  await server.stop();
});
async function create(repository = 10, more: Partial<TaskSpec> = {}): Promise<string> {
  nth += 1;
  const id = `t${LETTERS[Math.floor(nth / 26)]}${LETTERS[nth % 26]}${"a".repeat(13)}`;
  const { spec } = queuedTask({ id, repository: { id: repository, owner: "octo-org", name: `sample-${repository}` } });
  await store.create({ ...spec, ...more, acceptedAt: Date.now() }, STARTS);
  return id;
}

const claim = (id: string, epoch = 1) =>
  store.change(id, {
    name: "claimed",
    host: "h1",
    claim: `c${epoch}`,
    job: `j${epoch}`,
    lane: LANE,
    at: Date.now(),
  });

/** A tab that looks; `pending`: how many bytes wait for it; `told`: called with what it is sent. */
function open(view: string, rights: Rights = OPERATOR) {
  const heard: News[] = [];
  const gone = new AbortController();
  const reader = { pending: 0, told: (_news: News): unknown => undefined };
  const stream: EventStream = {
    send: ({ data }) => {
      const news: News = JSON.parse(data);
      heard.push(news);
      reader.told(news);
      return true;
    },
    pending: () => reader.pending,
  };
  const done = live.follow(view, { rights, signal: gone.signal }, stream);
  /** Resolves with the first news that fits. */
  const news = (fits: (each: News) => boolean) =>
    vi.waitFor(
      () => {
        const found = heard.find(fits);
        if (!found) throw new Error(`no such news among ${heard.length}`);
        return found;
      },
      { timeout: 8_000, interval: 10 },
    );
  return { heard, news, reader, close: () => gone.abort(), done };
}

const regionIn = (news: News, id: string) => news.regions?.find((region) => region.id === id);
const has = (id: string, task: string) => (news: News) => regionIn(news, id)?.order.includes(task) ?? false;

test("whoever looks gets everything first, and then each change as one row", async () => {
  const id = await create();
  const tab = open("front");
  const first = await tab.news(has("waiting", id));
  expect(first.regions?.map((region) => region.id)).toEqual(["needs", "running", "waiting", "over"]);
  await claim(id);
  const next = await tab.news(has("running", id));
  expect(regionIn(next, "waiting")?.order).not.toContain(id);
  expect(Object.keys(regionIn(next, "running")?.rows ?? {})).toEqual([id]);
  const other = await create();
  const more = await tab.news(has("waiting", other));
  expect(regionIn(more, "running")).toBeUndefined();
  tab.close();
  await tab.done;
});

test("a change that many look at does not keep the bot from everything else until all of them have it", async () => {
  const id = await create();
  const tabs = Array.from({ length: 40 }, () => open("front"));
  await Promise.all(tabs.map((tab) => tab.news(has("waiting", id))));
  const { promise: meanwhile, resolve } = Promise.withResolvers<number>();
  const reached = () => tabs.filter(({ heard }) => heard.some(has("running", id))).length;
  const [first] = tabs;
  if (!first) throw new Error("nobody looks");
  first.reader.told = (news) => has("running", id)(news) && setImmediate(() => resolve(reached()));
  await claim(id);
  expect(await meanwhile).toBeLessThan(tabs.length / 2);
  await Promise.all(tabs.map((tab) => tab.news(has("running", id))));
  for (const tab of tabs) tab.close();
  await Promise.all(tabs.map(({ done }) => done));
});

test("a hundred changes within a moment are a few updates, the last of which is true", async () => {
  const id = await create();
  const tab = open("front");
  await tab.news(has("waiting", id));
  await claim(id);
  await tab.news(has("running", id));
  const before = tab.heard.length;
  const began = performance.now();
  for (let round = 1; round <= 100; round++)
    await store.change(id, { name: "progress", epoch: 1, progress: { lastLines: `line ${round}.` }, at: Date.now() });
  await tab.news((news) => regionIn(news, "running")?.rows[id]?.includes("line 100.") ?? false);
  const took = performance.now() - began;
  expect(tab.heard.length - before).toBeLessThanOrEqual(Math.ceil(took / 250) + 1);
  tab.close();
  await tab.done;
});

test("rights are asked again for each update: what may not be seen any more goes", async () => {
  const id = await create(10);
  const seen = [10];
  const tab = open("front", { ...personOf([]), mayRead: async ({ repository }) => seen.includes(repository.id) });
  await tab.news(has("waiting", id));
  const hidden = await create(11);
  seen.pop();
  const other = await create(10);
  const next = await tab.news((news) => regionIn(news, "waiting")?.total === 0);
  expect(JSON.stringify(next)).not.toContain(other);
  expect(JSON.stringify(tab.heard)).not.toContain(hidden);
  tab.close();
  await tab.done;
});

test("nobody waits for a viewer of whom GitHub is slow to say what they may see, and who then sees how it is", async () => {
  const id = await create();
  let answer: Promise<boolean> = Promise.resolve(true);
  const waits = open("front", { ...personOf([]), mayRead: () => answer });
  await waits.news(has("waiting", id));
  const { promise, resolve } = Promise.withResolvers<boolean>();
  answer = promise;
  const before = waits.heard.length;
  const others = open("front");
  await others.news(has("waiting", id));
  await claim(id);
  await others.news(has("running", id));
  const last = await create();
  await others.news(has("waiting", last));
  expect(waits.heard.length).toBe(before);
  answer = Promise.resolve(true);
  resolve(true);
  await waits.news(has("running", id));
  await waits.news(has("waiting", last));
  for (const each of [waits, others]) each.close();
  await Promise.all([waits.done, others.done]);
});

test("the page of a task ends for whoever may not see it any more, and there is none of what is not there", async () => {
  const id = await create();
  let may = true;
  const tab = open(`task:${id}`, { ...personOf([]), mayRead: async () => may });
  const first = await tab.news((news) => news.blocks?.some((block) => block.id === "task-state") ?? false);
  expect(JSON.stringify(first)).not.toContain("/cancel");
  may = false;
  await claim(id);
  await tab.done;
  await open("task:tzzzzzzzzzzzzzzz").done;
  await open("nothing").done;
});

test("viewers with the same rights share what is drawn", async () => {
  const id = await create();
  const draw = vi.spyOn(front, "draw");
  const tabs = [open("front"), open("front"), open("front", personOf([10]))];
  for (const tab of tabs) await tab.news(has("waiting", id));
  draw.mockClear();
  await claim(id);
  const rows = await Promise.all(
    tabs.map(async (tab) => regionIn(await tab.news(has("running", id)), "running")?.rows[id]),
  );
  expect(new Set(rows).size).toBe(1);
  expect(draw.mock.calls.length).toBeLessThanOrEqual(2);
  for (const tab of tabs) tab.close();
  await Promise.all(tabs.map((tab) => tab.done));
});

test("tabs that all come at once, as after a restart, are drawn for once, and none of them misses what comes meanwhile", async () => {
  const id = await create();
  const draw = vi.spyOn(front, "draw");
  draw.mockClear();
  const tabs = Array.from({ length: 20 }, (_, nth) => open("front", nth % 2 ? OPERATOR : personOf([10])));
  const claimed = claim(id);
  for (const tab of tabs) await tab.news(has("running", id));
  await claimed;
  expect(draw.mock.calls.length).toBeLessThanOrEqual(4);
  for (const tab of tabs) tab.close();
  await Promise.all(tabs.map((tab) => tab.done));
});

test("whoever is too slow is sent nothing more, and all that they have missed in one step once they have caught up", async () => {
  const id = await create();
  const tab = open("front");
  await tab.news(has("waiting", id));
  tab.reader.pending = 10_000_000;
  const before = tab.heard.length;
  const watching = open("front");
  await claim(id);
  await watching.news(has("running", id));
  expect(tab.heard.length).toBe(before);
  tab.reader.pending = 0;
  const other = await create();
  const next = await tab.news(has("running", id));
  expect(tab.heard.indexOf(next)).toBe(before);
  expect(Object.keys(regionIn(next, "running")?.rows ?? {})).toContain(id);
  await tab.news(has("waiting", other));
  for (const each of [tab, watching]) each.close();
  await Promise.all([tab.done, watching.done]);
});

const [FIRST, SECOND] = ["a".repeat(40), "b".repeat(40)];
/** As GitHub tells of it: another App's suite, and a push to the pull request. */
const judged = (repository: number, number: number, sha: string, conclusion: string, at: number) =>
  onCheckSuiteCompleted({ store, appId: 1 })({
    repository: repositoryOf(repository),
    check_suite: {
      ...{ id: 7, head_sha: sha, head_branch: "theirs", conclusion, app: { id: 99 }, updated_at: at },
      pull_requests: [{ number, head: { sha } }],
    },
  });
const pushedTo = (repository: number, number: number, sha: string, at: number) =>
  onPullRequestHead({ store })({
    repository: repositoryOf(repository),
    pull_request: { number, updated_at: at, head: { ref: "theirs", sha, repo: { id: repository } } },
  } as Parameters<ReturnType<typeof onPullRequestHead>>[0]);
const repositoryOf = (id: number) => ({ id, owner: "octo-org", name: `sample-${id}`, defaultBranch: "main" });

test("what CI says of the newest commit of the pull request that a task works on stands in its row as it comes, and on its page", async () => {
  const target = {
    ...{ kind: "pull" as const, number: 12, defaultBranch: "main" },
    headRef: "theirs",
    headSha: FIRST,
    baseRef: "main",
  };
  await judged(41, 12, FIRST, "success", 1_000);
  const id = await create(41, { target, number: 12, conversation: 12 });
  await claim(id);
  const [tab, page] = [open("front"), open(`task:${id}`)];
  const row = (news: News) => regionIn(news, "running")?.rows[id] ?? "";
  const facts = (news: News) => news.blocks?.find((block) => block.id === "task-facts")?.html ?? "";
  await tab.news((news) => row(news).includes("CI green"));
  await page.news((news) => facts(news).includes("CI green"));
  await pushedTo(41, 12, SECOND, 2_000);
  await tab.news((news) => row(news).includes("CI –"));
  await judged(41, 12, FIRST, "success", 3_000);
  await judged(41, 12, SECOND, "failure", 4_000);
  await tab.news((news) => row(news).includes("CI red"));
  await page.news((news) => facts(news).includes("CI red"));
  for (const each of [tab, page]) each.close();
  await Promise.all([tab.done, page.done]);
});

test("what CI says of a pull request stands beside it, and once that is merged nobody is asked to review it", async () => {
  const id = await create(40, { number: 7 });
  await claim(id);
  const outcome = { kind: "pull_request" as const, number: 7, url: "https://github.example/octo-org/sample-40/pull/7" };
  await store.change(id, { name: "ended", epoch: 1, outcome, at: Date.now() });
  const tab = open("front");
  const need = (news: News) => regionIn(news, "needs")?.rows[`need-${id}`] ?? "";
  expect(need(await tab.news((news) => need(news) !== ""))).toContain("CI –");
  await judged(40, 7, FIRST, "failure", 1_000);
  await tab.news((news) => need(news).includes("CI red"));
  await store.noteClosed(id, { openedAt: Date.now(), at: Date.now(), merged: true });
  const merged = await tab.news(has("over", id));
  expect(regionIn(merged, "needs")?.order).not.toContain(`need-${id}`);
  expect(regionIn(merged, "over")?.rows[id]).toContain("CI red");
  tab.close();
  await tab.done;
});

test("a task that is over leaves what runs, and stands where it belongs by how it ended", async () => {
  const id = await create();
  await claim(id);
  const tab = open("front");
  await tab.news(has("running", id));
  await store.change(id, { name: "ended", epoch: 1, outcome: { kind: "no_changes", lastWords: "" }, at: Date.now() });
  const next = await tab.news(has("over", id));
  expect(regionIn(next, "running")?.order).not.toContain(id);
  tab.close();
  await tab.done;
  // Somebody who comes now finds it as well.
  const late = open("front");
  await late.news(has("over", id));
  late.close();
  await late.done;
});
