import { once } from "node:events";
import { IncomingMessage } from "node:http";
import { connect, Socket } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { makeApp } from "../../src/app.ts";
import { makeIngress } from "../../src/ingress/ingress.ts";
import { sign } from "../../src/ingress/signature.ts";
import { makeInbox } from "../../src/intake/inbox.ts";
import { type HttpServer, listenOn } from "../../src/server.ts";
import { ASKING_LABELS } from "../../src/task/labels.ts";
import { makeTaskQueue } from "../../src/task/queue.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { commentCreated, deliver, WEBHOOK_SECRET } from "../support/deliver.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";

const PATH = "/api/github/webhooks";
const MB = 1024 * 1024;

let redisServer: TestRedis;
let server: HttpServer;
let url: string;
let redis: ReturnType<typeof connectRedis>;
let inbox: ReturnType<typeof makeInbox>;
let wakes = 0;
let isFit: () => boolean;
let closing: (() => Promise<void>)[] = [];

const nothing = async () => undefined;
const schedules = { lookAgain: nothing, lookAtAll: nothing };

beforeAll(async () => {
  redisServer = await startRedis();
  const log = pino({ level: "silent" });
  redis = connectRedis(redisServer.url, "test");
  await waitForRedis(redis, 5_000);
  inbox = makeInbox(redis);
  const queue = makeTaskQueue(redis);
  const store = makeTaskStore(redis);
  const listeners = makeApp({
    store,
    queue,
    inbox,
    labels: ASKING_LABELS,
    schedules,
    appId: 1,
    now: Date.now,
    log,
    wakeIntake: () => wakes++,
  });
  const receive = makeIngress({ secret: WEBHOOK_SECRET, listeners, isFit: () => isFit(), log });
  server = await listenOn({ host: "127.0.0.1", port: 0 }, [{ method: "POST", path: PATH, answer: receive }], log);
  url = `http://127.0.0.1:${server.port}${PATH}`;
  closing = [server.stop, queue.close, async () => redis.disconnect(), redisServer.stop];
});
beforeEach(async () => {
  await redis.flushall();
  wakes = 0;
  isFit = () => true;
});
afterAll(async () => {
  for (const close of closing) await close();
});

const dueIssues = async () => (await inbox.issues.take(Date.now() + 1, 10)).map(({ member }) => member);

describe("what is recorded", () => {
  test("a comment with a command is in Redis before the answer", async () => {
    expect((await deliver(url, "issue_comment", commentCreated())).status).toBe(200);
    expect(wakes).toBe(1);
    expect(await dueIssues()).toEqual(["11-7"]);
    expect(await inbox.first("11-7")).toBe("11-501");
    expect(await inbox.read("11-501")).toMatchObject({
      kind: "given",
      request: {
        installationId: 21,
        repository: { id: 11, owner: "octo-org", name: "calculator", defaultBranch: "main" },
        number: 7,
        on: "issue",
        source: { kind: "comment", id: 501 },
        actor: { id: 31, login: "maintainer" },
        commands: [{ line: 1, kind: "task", instruction: "fix the tests" }],
      },
    });
  });

  test("the same body under any GUID is the same entry, also after it was carried out", async () => {
    const body = JSON.stringify(commentCreated());
    for (let time = 0; time < 5; time++) expect((await deliver(url, "issue_comment", body)).status).toBe(200);
    expect(await dueIssues()).toEqual(["11-7"]);
    await inbox.finish("11-501", "11-7", await inbox.read("11-501"));
    expect((await deliver(url, "issue_comment", body)).status).toBe(200);
    expect(await inbox.first("11-7")).toBeUndefined();
    expect(await redis.ttl("orch:inbox:11-501")).toBeGreaterThan(89 * 24 * 3600);
  });

  test("an issue that a person opened is not taken for an App's", async () => {
    expect((await deliver(url, "issues", openedBy(null))).status).toBe(200);
    expect(await dueIssues()).toEqual(["11-7"]);
  });

  test("a comment that was deleted before it came is not carried out", async () => {
    const deleted = { ...commentCreated(), action: "deleted" };
    expect((await deliver(url, "issue_comment", deleted)).status).toBe(200);
    expect((await deliver(url, "issue_comment", commentCreated())).status).toBe(200);
    expect(await inbox.issues.size()).toBe(0);
  });

  const ignored: [string, string, unknown][] = [
    ["an event that we do not hear", "fork", { forkee: {} }],
    ["a ping", "ping", { zen: "Keep it simple." }],
    ["an edit", "issue_comment", { ...commentCreated(), action: "edited" }],
    ["a comment of a bot", "issue_comment", commentCreated({ sender: { id: 1, login: "other[bot]", type: "Bot" } })],
    ["no command", "issue_comment", withComment({ body: "Looks good to me, /orch" })],
    ["a command in code", "issue_comment", withComment({ body: "```\n/orch fix it\n```" })],
    ["a comment by another App", "issue_comment", withComment({ performed_via_github_app: { id: 9 } })],
    ["an issue opened by another App in a person's name", "issues", openedBy({ id: 9 })],
    ["a replay of an old comment", "issue_comment", withComment({ created_at: "2020-01-01T00:00:00Z" })],
  ];
  test.each(ignored)("%s is answered 200 and leaves nothing", async (_name, event, payload) => {
    expect((await deliver(url, event, payload)).status).toBe(200);
    expect(await redis.keys("orch:*")).toEqual([]);
  });
});

describe("what is refused", () => {
  const cases: [string, number, () => Promise<Response>][] = [
    ["a wrong signature", 401, () => deliver(url, "issue_comment", commentCreated(), { secret: "another secret" })],
    ["no signature", 401, () => deliver(url, "issue_comment", commentCreated(), headers("x-hub-signature-256", ""))],
    ["a cut signature", 401, () => deliver(url, "push", {}, headers("x-hub-signature-256", "sha256=00"))],
    ["no GUID", 400, () => deliver(url, "issue_comment", commentCreated(), headers("x-github-delivery", ""))],
    ["no event", 400, () => deliver(url, "", commentCreated())],
    ["a form", 400, () => deliver(url, "issue_comment", "payload=%7B%7D")],
    ["JSON that is no object", 200, () => deliver(url, "issue_comment", "null")],
    ["no installation", 400, () => deliver(url, "issue_comment", commentCreated({ installation: undefined }))],
    ["an owner that is a path", 400, () => deliver(url, "issue_comment", withOwner("../x"))],
    ["a comment id that is a text", 400, () => deliver(url, "issue_comment", withComment({ id: "501; FLUSHALL" }))],
    ["GET", 405, () => fetch(url)],
    ["another path", 404, () => deliver(`${url}/more`, "issue_comment", commentCreated())],
    ["a body over 25 MB", 413, () => deliver(url, "fork", "x".repeat(25 * MB + 1))],
  ];
  test.each(cases)("%s", async (_name, status, send) => {
    expect((await send()).status).toBe(status);
    expect(await redis.keys("orch:*")).toEqual([]);
  });

  test("a body of 25 MB is taken", async () => {
    expect((await deliver(url, "fork", "x".repeat(25 * MB))).status).toBe(200);
  });

  test("a body that grows too large while it is sent, without telling its length", async () => {
    const socket = connect(server.port, "127.0.0.1");
    const answer = once(socket, "data");
    socket.on("error", () => undefined); // we are cut off in the middle, that is the point
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nX-GitHub-Event: push\r\nX-GitHub-Delivery: 1\r\n\r\n`,
    );
    const chunk = `${MB.toString(16)}\r\n${"x".repeat(MB)}\r\n`;
    for (let sent = 0; sent < 26; sent++) socket.write(chunk);
    expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });
});

describe("when Redis does not answer", () => {
  test("what was written while Redis came back changed is not promised", async () => {
    const answers = [true, false];
    isFit = () => answers.shift() ?? true;
    expect((await deliver(url, "issue_comment", commentCreated())).status).toBe(503);
    expect((await deliver(url, "issue_comment", commentCreated())).status).toBe(200);
    expect(await dueIssues()).toEqual(["11-7"]);
  });

  test("a stopped Redis means 503, and the redelivery is one entry", async () => {
    const body = JSON.stringify(commentCreated());
    await redisServer.kill();
    expect((await deliver(url, "issue_comment", body)).status).toBe(503);
    expect((await deliver(url, "fork", {})).status).toBe(200);
    await redisServer.restart();
    await waitForRedis(redis, 10_000);
    expect((await deliver(url, "issue_comment", body)).status).toBe(200);
    expect(await dueIssues()).toEqual(["11-7"]);
  });

  test("a frozen Redis means 503 within GitHub's patience", async () => {
    redisServer.freeze();
    try {
      const answer = await fetch(url, { method: "GET" });
      expect(answer.status).toBe(405);
      expect((await deliver(url, "issue_comment", commentCreated())).status).toBe(503);
    } finally {
      redisServer.thaw();
    }
  });

  test("a write that never ends means 503 within 3 s", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const heard = Promise.withResolvers<void>();
      const listener = () => {
        heard.resolve();
        return new Promise<void>(() => undefined);
      };
      const listeners = { "issue_comment.created": listener };
      const log = pino({ level: "silent" });
      const receive = makeIngress({ secret: WEBHOOK_SECRET, listeners, isFit: () => true, log });
      const answer = receive(request("issue_comment", commentCreated()));
      await heard.promise;
      vi.advanceTimersByTime(3_000);
      const silence = new Promise((resolve) => setImmediate(resolve, "no answer"));
      expect(await Promise.race([answer, silence])).toMatchObject({ status: 503 });
    } finally {
      vi.useRealTimers();
    }
  });

  test("a Redis that has never been there means 503", async () => {
    const log = pino({ level: "silent" });
    const nowhere = connectRedis("redis://127.0.0.1:1", "test");
    const queue = makeTaskQueue(redis);
    const listeners = makeApp({
      labels: ASKING_LABELS,
      store: makeTaskStore(nowhere),
      queue,
      inbox: makeInbox(nowhere),
      schedules,
      appId: 1,
      now: Date.now,
      log,
      wakeIntake: () => wakes++,
    });
    const receive = makeIngress({ secret: WEBHOOK_SECRET, listeners, isFit: () => isFit(), log });
    const other = await listenOn(
      { host: "127.0.0.1", port: 0 },
      [{ method: "POST", path: PATH, answer: receive }],
      log,
    );
    expect((await deliver(`http://127.0.0.1:${other.port}${PATH}`, "issue_comment", commentCreated())).status).toBe(
      503,
    );
    expect(wakes).toBe(0);
    await other.stop();
    await queue.close();
    nowhere.disconnect();
  });
});

/** A signed delivery as the server hands it on, without a connection. */
function request(event: string, payload: unknown): IncomingMessage {
  const body = Buffer.from(JSON.stringify(payload));
  const incoming = Object.assign(new IncomingMessage(new Socket()), {
    headers: { "x-github-delivery": "1", "x-github-event": event, "x-hub-signature-256": sign(WEBHOOK_SECRET, body) },
    complete: true,
  });
  incoming.push(body);
  incoming.push(null);
  return incoming;
}

function openedBy(app: object | null): Record<string, unknown> {
  const { comment, ...event } = commentCreated();
  const { body, created_at } = comment as Record<string, unknown>;
  const html_url = "https://github.test/octo-org/calculator/issues/7";
  return {
    ...event,
    action: "opened",
    issue: { number: 7, html_url, body, created_at, performed_via_github_app: app },
  };
}

function withComment(changes: Record<string, unknown>): Record<string, unknown> {
  const payload = commentCreated();
  return { ...payload, comment: { ...(payload.comment as object), ...changes } };
}

function withOwner(login: string): Record<string, unknown> {
  const payload = commentCreated();
  return { ...payload, repository: { ...(payload.repository as object), owner: { login } } };
}

function headers(name: string, value: string): { headers: Record<string, string> } {
  return { headers: { [name]: value } };
}
