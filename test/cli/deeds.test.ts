/** What an operator does at the command line: the same as by a comment, and GitHub says who did it. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { cancel } from "../../cli/cancel.ts";
import { operatorName } from "../../cli/consent.ts";
import { type SayOptions, type SayVerb, say } from "../../cli/say.ts";
import * as cancelling from "../../src/cancel.ts";
import { requestOfCli } from "../../src/events/on-cli.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { keys } from "../../src/task/keys.ts";
import { questionId } from "../../src/task/question.ts";
import { appendRunEvents } from "../../src/task/run-events.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";
import { inProcess } from "./in-process.ts";
import { runOrch } from "./run-orch.ts";

let orch: BotSetting;
let dir: string;
const me = userInfo().username;

beforeAll(async () => {
  orch = await startBotSetting();
  dir = await mkdtemp(join(tmpdir(), "orch-deeds-"));
});
afterAll(async () => {
  await orch.close();
  await rm(dir, { recursive: true, force: true });
});

const run = (...args: string[]) => runOrch(args, { cwd: dir, env: { REDIS_URL: orch.server.url, ORCH_DATA: dir } });

async function askFor(text: string): Promise<{ number: number; id: string }> {
  const number = await orch.openIssue();
  await orch.comment(number, `/orch ${text}`);
  await orch.quiet();
  const [id = ""] = await orch.store.idsOfIssue(orch.repository.id, number);
  return { number, id };
}

const comments = (number: number) => orch.github.state.comments(orch.repository, number).map(({ body }) => body);
const says = (number: number, text: string) =>
  vi.waitFor(() => expect(comments(number).join("\n")).toContain(text), { timeout: 20_000, interval: 20 });

test("orch cancel stops a task, and its comment says that the operator did", async () => {
  const { number, id } = await askFor("fix the tests");
  const said = await run("cancel", id, "--yes");
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id}  cancelled`) });
  await says(number, `The operator of this App (\`${me}\`) cancelled the task.`);
  const again = await run("cancel", id, "--yes");
  expect(again).toMatchObject({ code: 1, stderr: expect.stringContaining("over already") });
});

test("orch retry asks for it once more, and the new task's comment says that the operator asked", async () => {
  const { number, id } = await askFor("fix the docs");
  expect(await run("retry", id, "--yes")).toMatchObject({ code: 1, stderr: expect.stringContaining("is not over") });
  await run("cancel", id, "--yes");
  const said = await run("retry", id, "priority=high", "--yes", "--json");
  expect(said.code, said.stderr).toBe(0);
  const { task } = JSON.parse(said.stdout) as { task: string };
  const made = await orch.store.read(task);
  expect(made?.spec).toMatchObject({ instruction: "fix the docs", priority: "high", retries: id, number });
  expect(made?.spec.actor).toBeUndefined();
  await says(number, `The operator \`${me}\` asked`);
});

test("what an operator does at the command line is noted once, with their name", async () => {
  const { id } = await askFor("fix the types");
  await run("cancel", id, "--yes");
  await run("retry", id, "--yes");
  await run("pause", "--yes");
  await run("resume");
  const deeds = makeDeeds(orch.redis);
  const by = { name: me };
  expect((await deeds.ofTask(id)).slice(1)).toMatchObject([
    { verb: "cancel", via: "cli", by, done: true },
    { verb: "retry", via: "cli", by, done: true },
  ]);
  expect((await deeds.newest({ most: 2 })).map(({ verb, via }) => [verb, via])).toEqual([
    ["resume", "cli"],
    ["pause", "cli"],
  ]);
});

test("orch cancel --all stops whatever is open, and says when there is nothing", async () => {
  const tasks = [await askFor("do this"), await askFor("do that")];
  const said = await run("cancel", "--all", "--yes", "--json");
  const { cancelled, came } = JSON.parse(said.stdout) as { cancelled: string[]; came: string[] };
  expect(came).toEqual([]);
  expect(cancelled).toEqual(expect.arrayContaining(tasks.map(({ id }) => id)));
  expect(await run("cancel", "--all", "--yes")).toMatchObject({ code: 1, stderr: "No task is open.\n" });
});

test("orch cancel --all names what came while it was at it, which goes on", async () => {
  const { id } = await askFor("do the first");
  let late = "";
  // Somebody asks between the look at what is open and the end.
  const cancelThem = cancelling.cancelTasks;
  const spy = vi.spyOn(cancelling, "cancelTasks").mockImplementation(async (...args) => {
    late = (await askFor("do the late one")).id;
    await cancelThem(...args);
  });
  const env = { REDIS_URL: orch.server.url, ORCH_DATA: dir };
  const said = await inProcess(() => cancel(env, undefined, { all: true, yes: true }));
  spy.mockRestore();
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(`${id}  cancelled`) });
  expect(said.stderr).toContain(`1 task came meanwhile: ${late}. \`orch pause\``);
  expect((await orch.store.read(late))?.state.name).toBe("queued");
  await run("cancel", late, "--yes");
});

test("orch forget leaves no word of what was asked and said under an issue in Redis", async () => {
  const { number, id } = await askFor("mend the zanzibar module");
  await run("tell", id, "zanzibar", "is", "an", "island");
  await orch.comment(number, "/orch retry zanzibar nonsense");
  await orch.quiet();
  await run("cancel", "--all", "--yes");
  const isKept = async (word: string) => (await everythingIn(orch.redis)).filter((each) => each.includes(word));
  expect(await isKept("zanzibar")).not.toEqual([]);
  const forgotten = async () => (await run("forget", `octo-org/calculator#${number}`, "--yes")).code;
  await vi.waitFor(async () => expect(await forgotten()).toBe(0), { timeout: 20_000, interval: 100 });
  expect(await isKept("zanzibar")).toEqual([]);
});

/** Each key with all that stands there. */
async function everythingIn(redis: Redis): Promise<string[]> {
  const read: Record<string, (key: string) => Promise<unknown>> = {
    string: (key) => redis.get(key),
    list: (key) => redis.lrange(key, 0, -1),
    set: (key) => redis.smembers(key),
    zset: (key) => redis.zrange(key, "0", "-1"),
    hash: (key) => redis.hgetall(key),
    stream: (key) => redis.xrange(key, "-", "+"),
  };
  const all = (await redis.keys("*")).map(
    async (key) => `${key} ${JSON.stringify(await read[await redis.type(key)]?.(key))}`,
  );
  return await Promise.all(all);
}

test("where nobody can be asked, nothing is done without --yes", async () => {
  const { id } = await askFor("keep going");
  for (const args of [
    ["cancel", id],
    ["cancel", "--all"],
  ]) {
    expect(await run(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining("add --yes") });
  }
  expect((await orch.store.read(id))?.state.name).toBe("queued");
  expect(await run("cancel", "--yes")).toMatchObject({ code: 2, stderr: expect.stringContaining("name one task") });
  expect(await run("retry", id, "fix", "it", "--yes")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("settings only"),
  });
  expect(await run("cancel", "tzzzzz", "--yes")).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("No task fits"),
  });
});

test("orch logs shows what a run said, without what a terminal would obey, and follows a task to its end", async () => {
  const { id } = await askFor("say something");
  expect(await run("logs", id)).toMatchObject({ code: 1, stderr: `${id} has not begun yet.\n` });
  await claim(id);
  const events = [
    { kind: "text" as const, text: "I look\u001b[2J at it" },
    { kind: "tool" as const, text: "npm test", ok: false },
  ];
  const entries = events.map((event, index) => ({
    id: { step: 1, seq: index + 1 },
    event: { ...event, at: 1, step: "agent-1" },
  }));
  await appendRunEvents(orch.redis, { task: id, epoch: 1 }, entries);
  expect(await run("logs", id, "--events")).toMatchObject({ code: 0, stdout: "I look at it\n✗ npm test\n" });
  // No worker host answers here.
  expect(await run("logs", id)).toMatchObject({
    code: 0,
    stdout: "I look at it\n✗ npm test\n",
    stderr: expect.stringContaining("These are its run events"),
  });
  expect(await run("logs", id, "--run", "7")).toMatchObject({ code: 1, stderr: `${id} has the runs 1 to 1.\n` });

  const following = run("logs", id, "-f", "--json");
  const isWatched = async () => expect(await orch.redis.client("LIST")).toContain("orch-logs");
  await vi.waitFor(isWatched, { timeout: 20_000, interval: 20 });
  await orch.store.advance(id, {
    name: "ended",
    epoch: 1,
    outcome: { kind: "no_changes", lastWords: "" },
    at: Date.now(),
  });
  const said = await following;
  expect(said.code, said.stderr).toBe(0);
  expect(
    said.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toMatchObject(events.map((event) => ({ run: 1, kind: event.kind })));
});

describe("what an operator says", () => {
  const at = () => Date.now();
  const speak = (verb: SayVerb, text: string, words: string[] = [], options: SayOptions = {}) =>
    inProcess(() => say({ REDIS_URL: orch.server.url, ORCH_DATA: dir }, verb, { text, words }, options));

  test("is told to the agent of a task, which GitHub hears in one line, and is refused where nobody hears it any more", async () => {
    const { number, id } = await askFor("fix the names");
    const said = await speak("tell", id, ["use", "tabs, please"], { json: true });
    expect(said.code, said.stderr).toBe(0);
    expect(JSON.parse(said.stdout)).toEqual({ task: id });
    expect(await orch.store.messages.sent(id)).toMatchObject([{ by: `operator ${me}`, start: "use tabs, please" }]);
    await says(number, `(\`${me}\`) said something to the agent of task \`${id}\` at the command line.`);
    expect((await makeDeeds(orch.redis).ofTask(id)).at(-1)).toMatchObject({
      verb: "tell",
      via: "cli",
      by: { name: me },
    });
    await run("cancel", id, "--yes");
    const late = await speak("tell", id, ["too late"]);
    expect(late).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining(id) });
    expect(await speak("tell", id, [" "])).toMatchObject({ code: 2, stderr: expect.stringContaining("takes words") });
  });

  test("answers the one question that is open, and of several the one that is named", async () => {
    const { id } = await askFor("fix the column");
    expect(await speak("answer", id, ["yes"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("asks nothing"),
    });
    await claim(id);
    const ask = async (text: string) => {
      const question = { id: questionId(id, text), text, options: ["drop it", "keep it"], epoch: 1, askedAt: at() };
      await orch.store.advance(id, { name: "asked", epoch: 1, question, at: at() });
      return question.id;
    };
    const [first, second] = [await ask("Drop it?"), await ask("And the \u001b[2Jindex?")];
    const which = await speak("answer", id, ["2"]);
    expect(which).toMatchObject({ code: 1, stderr: expect.stringContaining(`${second}  And the`) });
    expect(which.stderr).not.toContain("\u001b");
    expect(await speak("answer", id, [second, "keep", "the index"])).toMatchObject({ code: 0 });
    expect(await speak("answer", id, ["2"])).toMatchObject({ code: 0, stdout: `${id}  done\n` });
    const { questions = [] } = (await orch.store.read(id)) ?? {};
    expect(questions.map((each) => [each.id, each.answer?.text])).toEqual([
      [first, "keep it"],
      [second, "keep the index"],
    ]);
    expect((await makeDeeds(orch.redis).ofTask(id)).slice(1)).toMatchObject([
      { verb: "answer", via: "cli", done: true },
      { verb: "answer", via: "cli", done: true },
    ]);
  });

  test("decides about a proposal: another one is asked for, or it is carried out", async () => {
    const { id } = await askFor("plan move the parser");
    for (const said of [await speak("approve", id, [], { yes: true }), await speak("plan", id, ["smaller"])])
      expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining("has no proposal") });
    const base = await orch.github.commit(orch.repository, "main", { "more.md": "x\n" }, "More", MAINTAINER);
    const propose = async (name: string, epoch: number) => {
      await claim(id);
      const said = { title: "Move it", summary: "", decisions: [], interfaces: [], followUps: [] };
      const proposal = { name, epoch, baseSha: base, said, files: [], at: at() };
      const reasons = [{ for: "approval" as const, proposal: name, until: at() + 3600_000 }];
      await orch.store.advance(id, { name: "parked", epoch, reasons, proposal, at: at() });
    };
    await propose("p111111", 1);
    expect(await speak("approve", id)).toMatchObject({ code: 2, stderr: expect.stringContaining("add --yes") });
    expect(await speak("plan", id, ["leave the tests"])).toMatchObject({ code: 0 });
    expect((await orch.store.read(id))?.proposal?.decision).toMatchObject({ kind: "change", text: "leave the tests" });
    await vi.waitFor(async () => expect((await orch.store.read(id))?.state.name).toBe("queued"), { timeout: 20_000 });
    await propose("p222222", 2);
    expect(await speak("approve", id, [], { yes: true })).toMatchObject({ code: 0 });
    expect((await orch.store.read(id))?.proposal?.decision).toMatchObject({ kind: "approved" });
  });
});

async function claim(id: string): Promise<void> {
  const state = (await orch.store.read(id))?.state;
  const lane = state?.name === "queued" ? state.lane : undefined;
  await orch.store.advance(id, { name: "claimed", host: "h1", claim: "c1", job: "j1", lane, at: Date.now() });
}

test("orch hosts lists who works, on one line each; JSON has all of it", async () => {
  const said = await run("hosts");
  expect(said).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+\t.*\talive\t\d+\/\d+\tbwrap\t/) });
  const { hosts } = JSON.parse((await run("hosts", "--json")).stdout) as { hosts: { alive: boolean }[] };
  expect(hosts).toMatchObject([{ alive: true }]);
  const gone = await orch.redis.hgetall(keys.hosts);
  await orch.redis.del(keys.hosts);
  expect(await run("hosts")).toMatchObject({ code: 1, stderr: expect.stringContaining("npm start") });
  await orch.redis.hset(keys.hosts, gone);
});

describe("while the bot does not look by itself", () => {
  /** Sweeps are planned by timers of up to 5 s: those that are set from now on come too late for any test. */
  function holdSweeps(): void {
    const { setTimeout } = globalThis;
    const late = (run: (...values: unknown[]) => void, ms = 0, ...values: unknown[]) =>
      setTimeout(run, ms >= 500 && ms <= 5_000 ? 600_000 : ms, ...values);
    vi.spyOn(globalThis, "setTimeout").mockImplementation(late as typeof setTimeout);
  }

  test("it hears of what an operator says", async () => {
    holdSweeps();
    const { id } = await askFor("fix the rows"); // after which it has planned its next look
    const options = { text: id, words: ["keep the order"] };
    const said = await inProcess(() => say({ REDIS_URL: orch.server.url, ORCH_DATA: dir }, "tell", options, {}));
    expect(said.code, said.stderr).toBe(0);
  });

  test("it looks when its connection is back, for the message that it missed", async () => {
    holdSweeps();
    const { id } = await askFor("fix the cells");
    const task = await orch.store.read(id);
    if (!task) throw new Error("no task");
    const command = { kind: "tell" as const, line: 1, words: `${id} in CSV`, task: id };
    await orch.inbox.record(requestOfCli(task.spec, { by: operatorName({}), key: "missed", command, now: Date.now() }));
    await orch.redis.call("CLIENT", "KILL", "TYPE", "pubsub");
    await orch.quiet();
    expect((await makeDeeds(orch.redis).ofTask(id)).at(-1)).toMatchObject({ verb: "tell", via: "cli" });
  });
});
