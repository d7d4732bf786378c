/** Tabs that look: loads of the first page, streams that are read to the end, and tasks that change under them. */
import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { makeLink } from "../../dashboard/door/links.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { serveQuestions } from "../child.ts";
import { LETTERS, type Loads, type ViewersOptions } from "./dashboard.ts";

const streams: IncomingMessage[] = [];
/** Told each piece of news of the first tab. */
let heard: (text: string) => void = () => undefined;
let options: ViewersOptions;
/** One person may have a few more streams. */
const TABS_OF_ONE = 50;
/** So many of the tasks that run have a row of their own on the first page. */
const SHOWN = 40;
const cookies: string[] = [];
let redis: ReturnType<typeof connectRedis>;
let changing: NodeJS.Timeout | undefined;
let count = 0;

const idOf = (nth: number): string => `t${LETTERS[Math.floor(nth / 26)]}${LETTERS[nth % 26]}${"a".repeat(13)}`;
const HEADERS = { "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };

async function send(path: string, body?: string, cookie = cookies[0] ?? ""): Promise<IncomingMessage> {
  const { url } = options;
  const form = { "content-type": "application/x-www-form-urlencoded", origin: url };
  const headers = { ...HEADERS, cookie, "accept-encoding": "gzip", ...(body !== undefined && form) };
  const sent = request(`${url}${path}`, { method: body === undefined ? "GET" : "POST", headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  if ((answer.statusCode ?? 0) >= 400) throw new Error(`${path}: ${answer.statusCode}`);
  return answer;
}

async function change(nth: number, words: string): Promise<void> {
  const news = { name: "progress" as const, epoch: 1, progress: { lastLines: words }, at: Date.now() };
  await makeTaskStore(redis).change(idOf(nth), news);
}

async function signIn(): Promise<void> {
  const [, code = ""] = (await makeLink(redis, options.url, `viewer-${cookies.length}`)).split("#");
  const answer = await send("/login", new URLSearchParams({ code }).toString());
  cookies.push((answer.headers["set-cookie"] ?? []).map((each) => each.split(";", 1)[0]).join("; "));
  answer.resume();
}

serveQuestions({
  /** Makes the tasks, half of which run, and signs in. */
  async start(given: ViewersOptions): Promise<void> {
    options = given;
    redis = connectRedis(options.redisUrl, "bench");
    await waitForRedis(redis, 10_000);
    const store = makeTaskStore(redis);
    for (let nth = 0; nth < options.tasks; nth++) {
      const number = nth + 1;
      const spec: TaskSpec = { ...options.spec, id: idOf(nth), number, conversation: number, acceptedAt: Date.now() };
      await store.create(spec, { lane: { agent: "claude" } });
      if (nth % 2) continue;
      const claim = { host: "h1", claim: `c${nth}`, job: `j${nth}`, lane: { agent: "claude" } };
      await store.change(spec.id, { name: "claimed", ...claim, at: Date.now() });
    }
    for (let session = 0; session < options.tabs / TABS_OF_ONE; session++) await signIn();
  },
  async load(times: number): Promise<Loads> {
    const latencies: number[] = [];
    let bytes = 0;
    for (let turn = 0; turn < times; turn++) {
      const startedAt = performance.now();
      const answer = await send("/");
      bytes = 0;
      for await (const chunk of answer) bytes += (chunk as Buffer).length;
      latencies.push(performance.now() - startedAt);
    }
    return { latencies, bytes };
  },
  async open(tabs: number): Promise<void> {
    for (let nth = 0; nth < tabs; nth++) {
      const stream = await send("/events?view=front", undefined, cookies[Math.floor(nth / TABS_OF_ONE)]);
      const isFirst = streams.length === 0;
      if (isFirst) stream.setEncoding("utf8");
      stream.on("data", (text: string) => isFirst && heard(text)).on("error", () => undefined);
      streams.push(stream);
    }
  },
  close(): void {
    for (const stream of streams.splice(0)) stream.destroy();
  },
  /** Four changes a second, of one task after the other; `false`: none. */
  change(isOn: boolean): void {
    clearInterval(changing);
    if (!isOn) return;
    changing = setInterval(() => void change((2 * count) % options.tasks, `change ${count++}`), 250);
  },
  /** From a change until its row has come to the first tab, ms. */
  async rows(times: number): Promise<number[]> {
    const latencies: number[] = [];
    for (let turn = 0; turn < times; turn++) {
      const words = `row ${performance.now()}`;
      const { promise, resolve } = Promise.withResolvers<void>();
      heard = (text) => text.includes(words) && resolve();
      const startedAt = performance.now();
      await change(2 * (turn % SHOWN), words);
      await promise;
      latencies.push(performance.now() - startedAt);
      await new Promise((next) => setTimeout(next, 300 * Math.random()));
    }
    heard = () => undefined;
    return latencies;
  },
});
