/** What the agents of a plan say to each other, and what becomes of it when they die, are tried again, or say too much. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Reader } from "../../src/task/inbox.ts";
import { keys } from "../../src/task/keys.ts";
import type { Message, MessageKind, Sender } from "../../src/task/message-shape.ts";
import {
  type Copy,
  type Given,
  MAX_COPIES,
  MAX_WAITING,
  type Messages,
  makeMessages,
} from "../../src/task/messages.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { expectFates } from "../support/fates.ts";
import { type Random, randomFrom, SEED } from "../support/random.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

let server: ConnectedRedis;
let store: TaskStore;
let messages: Messages;
let commentId = 30_000;
let claims = 0;
/** The team's task. */
let plan: string;
/** Of each node the task of its try. */
let tries: Map<string, string>;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
  messages = makeMessages(server.redis, () => undefined);
});
afterAll(() => server.close());
beforeEach(async () => {
  plan = await newTask();
  tries = new Map();
});

async function newTask(): Promise<string> {
  commentId += 1;
  const spec = makeSpec({ commentId });
  await store.create(spec, STARTS);
  return spec.id;
}

/** Another try of the node, by a task of its own. */
async function tryAgain(node: string): Promise<Reader> {
  const last = tries.get(node);
  const outcome = { kind: "host_error", message: "the host is gone" } as const;
  const version = last === undefined ? 0 : await versionOf(last);
  if (last !== undefined) await store.advance(last, { name: "given_up", version, outcome, at: 2 });
  tries.set(node, await newTask());
  return await nextRun(node);
}

/** The next run of the try that the node has. */
async function nextRun(node: string): Promise<Reader> {
  const task = tries.get(node);
  if (task === undefined) return await tryAgain(node);
  claims += 1;
  const claimed = await store.advance(task, { ...claimedBy("ha"), claim: `c${claims}` });
  if (!claimed) throw new Error("the task cannot be claimed");
  return { task, epoch: claimed.epoch, inbox: { book: plan, node } };
}

type More = Partial<Omit<Message, "from">> & { from?: Sender };
function copy(node: string, id: string, { from = { node: "api" }, ...more }: More = {}): Copy {
  const kind: MessageKind = more.kind ?? "note";
  const message: Message = { v: 1, id, from, to: node, kind, text: `about ${id}`, at: 1, ...more };
  return { node, message, note: { by: "api", at: message.at } };
}
const post = (copies: Copy[], most?: number) =>
  messages.post(plan, copies, {
    from: copies[0]?.message.from ?? { node: "api" },
    ...(most !== undefined && { most }),
  });
const say = async (node: string, id: string, more?: More, most?: number) =>
  (await post([copy(node, id, more)], most))[0];
const take = (reader: Reader, given: readonly string[] = [], most = 10, now = 1) =>
  messages.take(reader, { given, most, now });
const heard = (reader: Reader, all: readonly Given[]) =>
  messages.acknowledge(
    reader,
    all.map(({ entry, message: { id } }) => ({ entry, id })),
    1,
  );
const idsOf = (all: readonly Given[]) => all.map(({ message: { id } }) => id);
const fateOf = async (id: string) => (await messages.sent(plan)).find((each) => each.id === id);
const versionOf = async (task: string) => (await store.read(task))?.version ?? 0;

test("what is said to a node before it begins waits for it, numbered by who said it", async () => {
  expect(await say("web", "m1")).toEqual({ kind: "sent", ahead: 0 });
  expect(await say("web", "m2")).toEqual({ kind: "sent", ahead: 1 });
  expect(await say("web", "m3", { from: { node: "docs" } })).toEqual({ kind: "sent", ahead: 2 });
  const given = await take(await nextRun("web"));
  expect(given.map(({ message: { id }, seq }) => [id, seq])).toEqual([
    ["m1", 1],
    ["m2", 2],
    ["m3", 1],
  ]);
});

test("what the agent of a failed try has not heard is heard once by that of the next, whatever the first still says", async () => {
  const first = await nextRun("web");
  await say("web", "m1");
  await say("web", "m2");
  const given = await take(first, [], 1);
  const second = await tryAgain("web");
  expect(idsOf(await take(second))).toEqual(["m1", "m2"]);

  expect(await heard(first, given)).toBe(false);
  expect(idsOf(await take(first))).toEqual([]);
  expect(await heard(second, await take(await nextRun("web")))).toBe(false);
  const last = await nextRun("web");
  const all = await take(last);
  expect(idsOf(all)).toEqual(["m1", "m2"]);
  expect(await heard(last, all)).toBe(true);
  expect(await take(await tryAgain("web"))).toEqual([]);
});

test("one message to several is a message to each of them, of which each may be heard or not", async () => {
  const all = ["web", "docs", "cli"].map((node) => copy(node, `m1/${node}`, { correlation: "m1" }));
  expect((await post(all)).map(({ kind }) => kind)).toEqual(["sent", "sent", "sent"]);
  const web = await nextRun("web");
  await heard(web, await take(web));
  const fates = (await messages.sent(plan)).map(({ to, correlation, fate }) => [to, correlation, fate]);
  expect(fates.sort()).toEqual([
    ["cli", "m1", undefined],
    ["docs", "m1", undefined],
    ["web", "m1", "delivered"],
  ]);
  expect(await messages.counts(plan)).toEqual({ sent: 3, delivered: 1, waiting: 2, dead: 0 });
});

test("sent again after an answer was lost, a message to several goes to those that it had not reached, and counts once", async () => {
  const all = ["web", "docs"].map((node) => copy(node, `m1/${node}`));
  for (let count = 0; count < MAX_WAITING; count++) await say("docs", `f${count}`, { from: { node: "loud" } });
  expect((await post(all, 1)).map(({ kind }) => kind)).toEqual(["sent", "full"]);
  const docs = await nextRun("docs");
  await heard(docs, await take(docs));
  expect(await post(all, 1)).toEqual([
    { kind: "sent", ahead: 0 },
    { kind: "sent", ahead: MAX_WAITING - 10 },
  ]);
  expect(idsOf(await take(await nextRun("web")))).toEqual(["m1/web"]);
  expect(await say("web", "m2", {}, 1)).toEqual({ kind: "spent" });
});

test("a sender says so much and no more; what it has said before may be said again", async () => {
  for (let count = 0; count < 3; count++) expect(await say("web", `m${count}`, {}, 3)).toMatchObject({ kind: "sent" });
  expect(await say("web", "m3", {}, 3)).toEqual({ kind: "spent" });
  expect(await say("web", "m1", {}, 3)).toEqual({ kind: "sent", ahead: 1 });
  expect(await say("web", "m3", { from: { node: "docs" } }, 3)).toMatchObject({ kind: "sent" });
});

test("nothing goes to more than twenty at once, nor to a plan that is over", async () => {
  const many = Array.from({ length: MAX_COPIES + 1 }, (_, index) => copy(`n${index}`, `m${index}`));
  await expect(post(many)).rejects.toThrow("1 to 20 recipients");
  await store.advance(plan, { name: "cancel", reason: { kind: "command", by: "x" }, at: 2 });
  expect(await say("web", "m1")).toEqual({ kind: "over" });
});

test("an assignment of an older revision is void, whether it waits or is yet to be sent", async () => {
  const assign = (id: string, revision: number) =>
    say("web", id, { kind: "assignment", revision, from: { host: true } });
  await assign("old", 2);
  await assign("new", 3);
  expect(await assign("older", 1)).toEqual({ kind: "void" });
  await say("web", "note");
  expect(idsOf(await take(await nextRun("web")))).toEqual(["new", "note"]);
  expect(await fateOf("old")).toMatchObject({ fate: "dead", reason: "older revision" });
});

test("what has expired is buried instead of given", async () => {
  await say("web", "m1", { expires: 1_000 });
  await say("web", "m2", { expires: 3_000 });
  expect(idsOf(await take(await nextRun("web"), [], 10, 2_000))).toEqual(["m2"]);
  expect(await fateOf("m1")).toMatchObject({ fate: "dead", reason: "expired" });
});

test("what no run lives to acknowledge is buried, and can be sent once more", async () => {
  await say("web", "m1", { text: "poison", refs: [{ path: "src/a.ts" }] });
  for (let count = 0; count < 5; count++) expect(idsOf(await take(await nextRun("web")))).toEqual(["m1"]);
  const before = await versionOf(plan);
  expect(await take(await tryAgain("web"))).toEqual([]);
  expect(await versionOf(plan)).toBe(before + 1);
  const [buried] = await messages.dead(plan);
  expect(buried).toMatchObject({ id: "m1", reason: "tried too often", message: { text: "poison", to: "web" } });

  const again = await messages.replay(plan, "m1");
  expect(again).toMatchObject({ kind: "sent", ahead: 0 });
  expect(await messages.replay(plan, "m1")).toBeUndefined();
  expect(await messages.dead(plan)).toEqual([]);
  const [given] = await take(await nextRun("web"));
  expect(given?.message).toMatchObject({ id: again?.id, replayOf: "m1", text: "poison", refs: [{ path: "src/a.ts" }] });
});

test("one that two operators send again at once is sent once", async () => {
  await say("web", "m1", { expires: 1 });
  await take(await nextRun("web"), [], 10, 2);
  const both = await Promise.all([messages.replay(plan, "m1"), messages.replay(plan, "m1")]);
  expect(both.some((sending) => sending?.kind === "sent")).toBe(true);
  expect(await messages.waiting({ book: plan, node: "web" })).toBe(1);
});

test("what agents say to each other makes no report of their team due, what a person says does", async () => {
  const before = await versionOf(plan);
  const web = await nextRun("web");
  await say("web", "m1");
  await heard(web, await take(web));
  expect(await versionOf(plan)).toBe(before);
  await say("web", "m2", { from: { person: "maintainer" } });
  expect(await versionOf(plan)).toBe(before + 1);
  await heard(web, await take(web));
  expect(await versionOf(plan)).toBe(before + 2);
});

test("messages of before there were teams are read, given and told of as they were", async () => {
  const task = await newTask();
  const message = { v: 1, id: "c1-1", from: { person: "maintainer" }, kind: "note", text: "tabs", at: 5 };
  const note = { by: "maintainer", at: 5, number: 1, source: { kind: "comment", id: 1, url: "u" } };
  const { redis } = server;
  await redis.xgroup("CREATE", keys.messages(task), "host", "0", "MKSTREAM");
  const entry = await redis.xadd(keys.messages(task), "*", "id", "c1-1", "m", JSON.stringify(message));
  await redis.hset(keys.messagesSent(task), "c1-1", `${entry} ${JSON.stringify(note)}`);
  const claimed = await store.advance(task, claimedBy("ha"));
  const reader: Reader = { task, epoch: claimed?.epoch ?? 0 };
  const given = await take(reader);
  expect(given).toEqual([{ entry, message }]);
  const before = await versionOf(task);
  expect(await heard(reader, given)).toBe(true);
  expect(await versionOf(task)).toBe(before + 1);
  expect(await messages.sent(task)).toEqual([{ ...note, id: "c1-1", fate: "delivered", fateAt: 1 }]);
});

test("five hundred messages among twenty nodes cost less than half a megabyte once they are heard", async () => {
  const nodes = Array.from({ length: 20 }, (_, index) => `node-${index}`);
  for (const [index, node] of nodes.entries())
    for (let count = 0; count < 25; count++)
      await say(nodes[(index + 1) % 20] ?? "", `m${index}-${count}`, { from: { node }, text: "x".repeat(600) });
  const waiting = await bytesOf();
  for (const node of nodes) {
    const run = await nextRun(node);
    for (let left = await take(run); left.length > 0; left = await take(run)) await heard(run, left);
  }
  expect(await messages.counts(plan)).toEqual({ sent: 500, delivered: 500, waiting: 0, dead: 0 });
  expect(waiting).toBeLessThan(1024 ** 2);
  expect(await bytesOf()).toBeLessThan(512 * 1024);
});

/** Of all that the messages of the plan take. */
async function bytesOf(): Promise<number> {
  const { redis } = server;
  const all = await redis.keys(`${keys.messages(plan)}*`);
  const bytes = await Promise.all(all.map((key) => redis.call("MEMORY", "USAGE", key, "SAMPLES", "0")));
  return bytes.reduce<number>((sum, each) => sum + Number(each), 0);
}

/** Nodes whose runs give, crash, freeze, thaw and are tried again; each command may be sent twice, as when the connection broke. */
class Play {
  nodes = ["web", "docs", "cli"];
  runs = new Map<string, { reader: Reader; hands: Given[] }[]>();
  said: string[] = [];
  heard: string[] = [];
  private random: Random;
  constructor(random: Random) {
    this.random = random;
  }

  private async maybeTwice<T>(command: () => Promise<T>): Promise<T> {
    if (this.random.below(4) === 0) await command();
    return await command();
  }

  private runsOf = (node: string) => this.runs.get(node) ?? [];

  async step(): Promise<void> {
    const node = this.random.pick(this.nodes);
    const dice = this.random.below(14);
    if (dice < 3) return await this.speak([node]);
    if (dice < 5) return await this.speak(this.nodes);
    if (dice < 7 || this.runsOf(node).length === 0) return await this.takeOver(node);
    const all = this.runsOf(node);
    const run = this.random.below(3) === 0 ? this.random.pick(all) : all.at(-1);
    if (!run) return;
    if (dice < 11) await this.give(run, run === all.at(-1));
    else await this.acknowledge(run, run === all.at(-1));
  }

  private async speak(nodes: readonly string[]): Promise<void> {
    const name = `s${this.said.length}`;
    const copies = nodes.map((node) => copy(node, `${name}/${node}`, { correlation: name }));
    const sendings = await this.maybeTwice(() => post(copies));
    for (const [index, { kind }] of sendings.entries())
      if (kind === "sent") this.said.push(copies[index]?.message.id ?? "");
  }

  private async takeOver(node: string): Promise<void> {
    const isNewTry = this.random.below(3) === 0;
    const before = this.runsOf(node).at(-1)?.hands ?? [];
    const reader = isNewTry ? await tryAgain(node) : await nextRun(node);
    const known = !isNewTry && this.random.below(3) === 0 ? before : [];
    this.runs.set(node, [...this.runsOf(node), { reader, hands: [...known] }]);
  }

  private async give({ reader, hands }: { reader: Reader; hands: Given[] }, isLast: boolean): Promise<void> {
    const given = hands.map(({ entry }) => entry);
    const most = 1 + this.random.below(3);
    const taken = await this.maybeTwice(() => take(reader, given, most));
    if (!isLast) expect(taken).toEqual([]);
    for (const id of idsOf(taken)) expect(this.heard).not.toContain(id);
    hands.push(...taken);
  }

  private async acknowledge(run: { reader: Reader; hands: Given[] }, isLast: boolean): Promise<void> {
    const took = await this.maybeTwice(() => heard(run.reader, run.hands));
    expect(took).toBe(isLast || run.hands.length === 0);
    if (!took) return;
    for (const id of idsOf(run.hands)) expect(this.heard).not.toContain(id);
    this.heard.push(...idsOf(run.hands));
    run.hands = [];
  }

  /** Runs that do not die hear all that is left. */
  async end(): Promise<void> {
    for (const node of this.nodes) {
      const run = await nextRun(node);
      for (let left = await take(run); left.length > 0; left = await take(run)) {
        this.heard.push(...idsOf(left));
        await heard(run, left);
      }
    }
  }
}

test.for(Array.from({ length: 40 }, (_, index) => SEED + index))(
  "in any order of tries, runs, deaths and repeated commands each copy of each message is heard once or buried (seed %i)",
  async (seed) => {
    const play = new Play(randomFrom(seed));
    for (let steps = 0; steps < 80; steps++) await play.step();
    await play.end();

    const dead = await expectFates(messages, plan, play);
    expect((await messages.dead(plan)).map(({ id }) => id).toSorted()).toEqual(dead.toSorted());
  },
);
