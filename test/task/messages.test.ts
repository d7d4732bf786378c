import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { keys } from "../../src/task/keys.ts";
import { type Given, MAX_WAITING, type Message, type Messages, makeMessages } from "../../src/task/messages.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { expectFates } from "../support/fates.ts";
import { type Random, randomFrom, SEED } from "../support/random.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { claimedBy, makeSpec, STARTS } from "../support/task-spec.ts";

let server: ConnectedRedis;
let store: TaskStore;
let messages: Messages;
let commentId = 900;
let claims = 0;
/** The task that is talked to. */
let task: string;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
  messages = makeMessages(server.redis, () => undefined);
});
afterAll(() => server.close());
beforeEach(async () => {
  task = await newTask();
});

async function newTask(): Promise<string> {
  commentId += 1;
  const spec = makeSpec({ commentId });
  await store.create(spec, STARTS);
  return spec.id;
}

/** The task's next run; on the same host, for one that is handed round is taken down as poison. */
async function runs(): Promise<{ task: string; epoch: number }> {
  claims += 1;
  const claimed = await store.advance(task, { ...claimedBy("ha"), claim: `c${claims}` });
  if (!claimed) throw new Error("the task cannot be claimed");
  return { task, epoch: claimed.epoch };
}

const message = (id: string, text = `about ${id}`): Message => ({
  ...{ v: 1, id, kind: "note", text, at: 1 },
  from: { person: "maintainer" },
});
const note = { by: "maintainer", at: 1, number: 1, source: { kind: "comment", id: 1, url: "u" } as const };
const say = (id: string, text?: string) => messages.send(task, message(id, text), note);
const take = (reader: { task: string; epoch: number }, given: readonly string[] = [], most = 10) =>
  messages.take(reader, { given, most, now: 1 });
const heard = (reader: { task: string; epoch: number }, all: readonly Given[]) =>
  messages.acknowledge(
    reader,
    all.map(({ entry, message: { id } }) => ({ entry, id })),
    1,
  );
const idsOf = (all: readonly Given[]) => all.map(({ message: { id } }) => id);
const entriesOf = (all: readonly Given[]) => all.map(({ entry }) => entry);
const fateOf = async (id: string) => (await messages.sent(task)).find((each) => each.id === id)?.fate;

test("what is said while the agent works is given to it once, in the order in which it was said", async () => {
  const run = await runs();
  expect(await say("one")).toEqual({ kind: "sent", ahead: 0 });
  expect(await say("two")).toEqual({ kind: "sent", ahead: 1 });

  const given = await take(run);
  expect(given.map(({ message: { text } }) => text)).toEqual(["about one", "about two"]);
  expect(await take(run, entriesOf(given))).toEqual([]);
  expect(await fateOf("one")).toBeUndefined();

  expect(await heard(run, given)).toBe(true);
  expect(await take(run)).toEqual([]);
  expect(await messages.waiting(task)).toBe(0);
  expect([await fateOf("one"), await fateOf("two")]).toEqual(["delivered", "delivered"]);
});

test("what is sent twice is said once, also after it was heard", async () => {
  const run = await runs();
  await say("one");
  expect(await say("one")).toEqual({ kind: "sent", ahead: 0 });
  await heard(run, await take(run));
  expect(await say("one")).toEqual({ kind: "sent", ahead: 0 });
  expect(await take(run)).toEqual([]);
});

test("what was given and not acknowledged goes to the task's next run at once, and the earlier one is shut out", async () => {
  const first = await runs();
  await say("one");
  await say("two");
  const given = await take(first, [], 1);
  const second = await runs();

  expect(idsOf(await take(first))).toEqual([]);
  const again = await take(second);
  expect(idsOf(again)).toEqual(["one", "two"]);
  expect(await heard(first, given)).toBe(false);
  expect(await fateOf("one")).toBeUndefined();
  expect(await heard(second, again)).toBe(true);
  expect(await take(await runs())).toEqual([]);
});

test("a run that goes on under a new number keeps what it has given, without giving it again", async () => {
  const first = await runs();
  await say("one");
  const given = await take(first);
  const second = await runs();
  expect(await take(second, entriesOf(given))).toEqual([]);
  expect(await heard(second, given)).toBe(true);
  expect(await fateOf("one")).toBe("delivered");
});

test("a message that no run acknowledges is buried after five tries, and the next one is given all the same", async () => {
  await say("poison");
  for (let tries = 0; tries < 5; tries++) expect(idsOf(await take(await runs()))).toEqual(["poison"]);
  await say("next");
  const last = await runs();
  expect(idsOf(await take(last))).toEqual(["next"]);
  expect(await fateOf("poison")).toBe("dead");
  const [[, fields] = ["", []]] = await server.redis.xrange(keys.messagesDead(task), "-", "+");
  expect(fields.slice(0, 4)).toEqual(["reason", "tried too often", "id", "poison"]);
});

test("an entry that is no message is buried and holds nothing up", async () => {
  await say("one");
  await server.redis.xadd(keys.messages(task), "*", "id", "odd", "m", '{"v":2}');
  const run = await runs();
  await say("two");
  expect(idsOf(await take(run))).toEqual(["one", "two"]);
  expect(await server.redis.xlen(keys.messagesDead(task))).toBe(1);
});

test("fifty messages may wait, and no more until one was heard", async () => {
  for (let count = 0; count < MAX_WAITING; count++) await say(`m${count}`);
  expect(await say("more")).toEqual({ kind: "full" });
  const run = await runs();
  await heard(run, await take(run));
  expect(await say("more")).toMatchObject({ kind: "sent" });
});

test("nothing can be said to a task that is over, or that there is not; what it had not heard is kept for a while", async () => {
  await say("early");
  await store.advance(task, { name: "cancel", reason: { kind: "command", by: "x" }, at: 2 });
  expect(await say("late")).toEqual({ kind: "over" });
  expect(await messages.send("taaaaaaaaaaaaaaa", message("one"), note)).toEqual({ kind: "over" });
  expect(await fateOf("early")).toBeUndefined();
  await messages.expire(task);
  const left = await Promise.all([keys.messages(task), keys.messagesSent(task)].map((key) => server.redis.ttl(key)));
  for (const seconds of left) expect(seconds).toBeGreaterThan(6 * 24 * 3600);
});

test("nobody is told of a message of a kind that there is not, or one without end", async () => {
  await expect(messages.send(task, { ...message("one"), kind: "order" } as never, note)).rejects.toThrow();
  await expect(say("one", "x".repeat(4_001))).rejects.toThrow();
  expect(await messages.sent(task)).toEqual([]);
});

test("a message, and that it was heard, count as changes of the task, so that a report shows them", async () => {
  const run = await runs();
  const versions = [(await store.read(task))?.version ?? 0];
  await say("one");
  versions.push((await store.read(task))?.version ?? 0);
  const given = await take(run);
  versions.push((await store.read(task))?.version ?? 0);
  await heard(run, given);
  await heard(run, given);
  versions.push((await store.read(task))?.version ?? 0);
  const [first = 0] = versions;
  expect(versions).toEqual([first, first + 1, first + 1, first + 2]);
  expect(await server.redis.zscore(keys.unreported, task)).not.toBeNull();
});

/** Runs that give, crash, freeze and thaw; each command may be sent twice, as when the connection broke. */
class Play {
  /** The last one is the task's; the others may not know that. */
  runs: { epoch: number; hands: Given[] }[] = [];
  said: string[] = [];
  /** By the turn that acknowledged them. */
  heard: string[] = [];
  private random: Random;
  constructor(random: Random) {
    this.random = random;
  }

  private async maybeTwice<T>(command: () => Promise<T>): Promise<T> {
    if (this.random.below(4) === 0) await command();
    return await command();
  }

  async step(): Promise<void> {
    const dice = this.random.below(12);
    if (dice < 3) return await this.speak();
    if (dice < 5 || this.runs.length === 0) return await this.takeOver();
    const run = this.random.below(3) === 0 ? this.random.pick(this.runs) : this.runs.at(-1);
    if (!run) return;
    if (dice < 9) await this.give(run);
    else await this.acknowledge(run);
  }

  private async speak(): Promise<void> {
    const id = `s${this.said.length}`;
    const sending = await this.maybeTwice(() => say(id));
    if (sending.kind === "sent") this.said.push(id);
  }

  private async takeOver(): Promise<void> {
    const { epoch } = await runs();
    const known = this.random.below(3) === 0 ? (this.runs.at(-1)?.hands ?? []) : [];
    this.runs.push({ epoch, hands: [...known] });
  }

  private async give(run: { epoch: number; hands: Given[] }): Promise<void> {
    const given = entriesOf(run.hands);
    const most = 1 + this.random.below(3);
    const taken = await this.maybeTwice(() => take({ task, epoch: run.epoch }, given, most));
    if (run !== this.runs.at(-1)) expect(taken).toEqual([]);
    for (const id of idsOf(taken)) expect(this.heard).not.toContain(id);
    run.hands.push(...taken);
  }

  private async acknowledge(run: { epoch: number; hands: Given[] }): Promise<void> {
    const took = await this.maybeTwice(() => heard({ task, epoch: run.epoch }, run.hands));
    expect(took).toBe(run.hands.length === 0 || run === this.runs.at(-1));
    if (!took) return;
    for (const id of idsOf(run.hands)) {
      expect(this.heard).not.toContain(id);
      this.heard.push(id);
    }
    run.hands = [];
  }

  /** A run that does not die hears all that is left. */
  async end(): Promise<void> {
    const run = await runs();
    for (let left = await take(run); left.length > 0; left = await take(run)) {
      this.heard.push(...idsOf(left));
      await heard(run, left);
    }
  }
}

test.for(Array.from({ length: 40 }, (_, index) => SEED + index))(
  "in any order of runs, deaths and repeated commands each message is heard once or buried (seed %i)",
  async (seed) => {
    const play = new Play(randomFrom(seed));
    for (let steps = 0; steps < 60; steps++) await play.step();
    await play.end();

    await expectFates(messages, task, play);
    expect(await messages.waiting(task)).toBe(0);
  },
);
