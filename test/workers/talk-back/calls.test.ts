import { setTimeout as delay } from "node:timers/promises";
import pino from "pino";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { type Answer, openAnswers } from "../../../workers/talk-back/answers.ts";
import { type Call, makeCalls } from "../../../workers/talk-back/calls.ts";
import { cleaner } from "../../../workers/talk-back/clean-input.ts";
import { Refused, type TalkRun, tool } from "../../../workers/talk-back/tool.ts";
import { testFolder } from "./talking.ts";

const never = new AbortController().signal;
const over = new AbortController();

function setting(dir = testFolder()) {
  const heard: unknown[] = [];
  const calls = makeCalls({
    talk: () => ({}) as TalkRun,
    answers: openAnswers(dir),
    clean: cleaner(["the-agents-key"]),
    over: over.signal,
    log: pino({ level: "silent" }),
  });
  const say = tool({
    name: "say",
    description: "",
    input: z.object({ text: z.string() }),
    async call(_, input) {
      heard.push(input);
      return "Heard.";
    },
  });
  const perform = (key: string, call: Partial<Call> = {}): Promise<Answer> =>
    calls.perform({ key, tool: say, input: { text: "hello" }, cancelled: never, gone: never, ...call });
  return { dir, heard, perform };
}

/** A tool that waits to be told its answer. */
function slow() {
  const answer = Promise.withResolvers<string>();
  const signals: AbortSignal[] = [];
  const made = tool({
    name: "slow",
    description: "",
    input: z.object({}),
    async call(_, __, signal) {
      signals.push(signal);
      return await Promise.race([
        answer.promise,
        new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      ]);
    },
  });
  return { tool: made, answer: answer.resolve, signals };
}

afterEach(() => vi.useRealTimers());

describe("the same request once more", () => {
  test("is given the same answer, and not carried out again", async () => {
    const { heard, perform } = setting();
    expect([await perform("b 1"), await perform("b 1")]).toEqual([{ text: "Heard." }, { text: "Heard." }]);
    expect(heard).toHaveLength(1);
    await perform("other-bridge 1");
    expect(heard).toHaveLength(2);
  });

  test("also of the host's next life", async () => {
    const before = setting();
    await before.perform("b 1");
    const after = setting(before.dir);
    expect(await after.perform("b 1")).toEqual({ text: "Heard." });
    expect(after.heard).toEqual([]);
  });

  test("waits for the answer that is being made", async () => {
    const { perform } = setting();
    const waiting = slow();
    const both = [perform("b 1", { tool: waiting.tool }), perform("b 1", { tool: waiting.tool })];
    await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
    waiting.answer("Here.");
    expect(await Promise.all(both)).toEqual([{ text: "Here." }, { text: "Here." }]);
    expect(waiting.signals).toHaveLength(1);
  });
});

test("a call that is repeated again and again has a few who wait for it, and no more", async () => {
  const { perform } = setting();
  const waiting = slow();
  const all = Array.from({ length: 100 }, () => perform("b 1", { tool: waiting.tool }));
  await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
  waiting.answer("Here.");
  const texts = (await Promise.all(all)).map(({ text }) => text);
  expect(texts.filter((text) => text === "Here.")).toHaveLength(4);
  expect(texts.filter((text) => /wait for the answer to this very call/.test(text))).toHaveLength(96);
});

describe("a call that nobody waits for any more", () => {
  test("ends at once when it was cancelled, and is carried out when it comes again", async () => {
    const { perform, heard } = setting();
    const waiting = slow();
    const cancelling = new AbortController();
    const made = perform("b 1", { tool: waiting.tool, cancelled: cancelling.signal });
    const ended = expect(made).rejects.toThrow();
    await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
    cancelling.abort();
    await ended;
    await vi.waitFor(async () => expect(await perform("b 1")).toEqual({ text: "Heard." }));
    expect(heard).toHaveLength(1);
  });

  test("goes on for a while when its connection is gone, for the bridge that comes back", async () => {
    const { perform } = setting();
    const waiting = slow();
    const gone = new AbortController();
    const first = perform("b 1", { tool: waiting.tool, gone: gone.signal });
    await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    gone.abort();
    await vi.advanceTimersByTimeAsync(10_000);
    const second = perform("b 1", { tool: waiting.tool });
    await vi.advanceTimersByTimeAsync(60_000);
    waiting.answer("Here.");
    expect([await first, await second]).toEqual([{ text: "Here." }, { text: "Here." }]);
  });

  test("ends some time after its connection", async () => {
    const { perform } = setting();
    const waiting = slow();
    const gone = new AbortController();
    const made = perform("b 1", { tool: waiting.tool, gone: gone.signal });
    const ended = expect(made).rejects.toThrow();
    await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    gone.abort();
    await vi.advanceTimersByTimeAsync(25_000);
    await ended;
  });
});

test("too many calls are refused in words, and not carried out; after a pause they are taken again", async () => {
  const { heard, perform } = setting();
  const all: Answer[] = [];
  for (let id = 0; id < 200; id++) all.push(await perform(`b ${id}`, { input: { text: `hello ${id}` } }));
  const refused = all.filter((each) => each.refused);
  expect(refused[0]?.text).toMatch(/^Too many calls: .* not carried out/);
  expect(heard.length).toBe(200 - refused.length);
  expect(heard.length).toBeLessThan(40);
  await delay(600);
  expect(await perform("b 500")).toEqual({ text: "Heard." });
});

test("no more than a few are under way at once", async () => {
  const { perform } = setting();
  const waiting = slow();
  const under = Array.from({ length: 16 }, (_, id) => perform(`b ${id}`, { tool: waiting.tool, input: { id } }));
  expect(await perform("b 16", { tool: waiting.tool, input: { id: 16 } })).toMatchObject({ refused: true });
  waiting.answer("Here.");
  expect(new Set((await Promise.all(under)).map(({ text }) => text))).toEqual(new Set(["Here."]));
});

test("what a tool hears has no secret, no escape and nothing invisible, wherever it stands", async () => {
  const { perform } = setting();
  const heard: unknown[] = [];
  const list = tool({
    name: "list",
    description: "",
    input: z.object({ entries: z.array(z.string()), count: z.number() }),
    async call(_, input) {
      heard.push(input);
      return "Heard.";
    },
  });
  const token = `ghp_${"a1".repeat(18)}`;
  await perform("b 1", {
    tool: list,
    input: { entries: ["it is the-agents-key", `\u001b[31mred\u202e ${token}`], count: 2 },
  });
  expect(heard).toEqual([{ entries: ["it is [redacted]", "red [redacted]"], count: 2 }]);
});

test("what a tool refuses is told as it says; what goes wrong on the host is not told in detail", async () => {
  const { perform } = setting();
  const failing = (error: Error) =>
    tool({ name: "fails", description: "", input: z.object({}), call: () => Promise.reject(error) });
  expect(await perform("b 1", { tool: failing(new Refused("There is no such question.")) })).toEqual({
    text: "There is no such question.",
    refused: true,
  });
  const broken = await perform("b 2", { tool: failing(new Error("connect ECONNREFUSED /secret/path")) });
  expect(broken).toEqual({ text: expect.stringContaining("by no fault of yours"), refused: true });
  expect(broken.text).not.toContain("secret");
});

test("when the run is over what is under way ends, and is not noted down as answered", async () => {
  const { dir, perform } = setting();
  const waiting = slow();
  const made = perform("b 1", { tool: waiting.tool });
  const ended = expect(made).rejects.toThrow();
  await vi.waitFor(() => expect(waiting.signals).toHaveLength(1));
  over.abort();
  await ended;
  expect(openAnswers(dir).find("b 1")).toBeUndefined();
});
