/** One sandbox's questions to the resolver: few at once, only so many, and none for ever. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { shareOf } from "../../../workers/network/look-ups.ts";
import { runProgram } from "../../../workers/run-program.ts";

/** A resolver whose answers come when the test says so. */
function resolver() {
  const asked: { name: string; answer: () => void }[] = [];
  const lookUp = (name: string) =>
    new Promise<string[]>((resolve) => asked.push({ name, answer: () => resolve(["192.0.2.1"]) }));
  return { asked, lookUp };
}

const PROGRAM = join(import.meta.dirname, "../../../workers/network/look-ups.ts");

const settled = () => new Promise((resolve) => setTimeout(resolve, 5));

test("few questions of one sandbox are under way, and the others follow in turn", async () => {
  const { asked, lookUp } = resolver();
  const mine = shareOf(lookUp, { atOnce: 2 });
  const answers = ["a", "b", "c"].map(mine);
  await settled();
  expect(asked.map(({ name }) => name)).toEqual(["a", "b"]);
  asked[0]?.answer();
  await settled();
  expect(asked.map(({ name }) => name)).toEqual(["a", "b", "c"]);
  for (const { answer } of asked) answer();
  expect(await Promise.all(answers)).toEqual([["192.0.2.1"], ["192.0.2.1"], ["192.0.2.1"]]);
});

test("a question that nobody waits for any more still takes its thread, and so its turn", async () => {
  const { asked, lookUp } = resolver();
  const mine = shareOf(lookUp, { atOnce: 1, withinMs: 10 });
  await expect(mine("silent")).rejects.toThrow("did not answer within 0.01 s");
  await expect(mine("next")).rejects.toThrow("did not answer");
  expect(asked.map(({ name }) => name)).toEqual(["silent"]);
  asked[0]?.answer();
  await settled();
  expect(asked.map(({ name }) => name)).toEqual(["silent", "next"]);
});

test("only so many wait: the rest is told at once", async () => {
  const { lookUp } = resolver();
  const mine = shareOf(lookUp, { atOnce: 1, maxWaiting: 2, withinMs: 50 });
  const waiting = ["a", "b", "c"].map((name) => mine(name).catch(() => undefined));
  await expect(mine("d")).rejects.toThrow("too many names");
  await Promise.all(waiting);
});

test("a turn ends with its answer, be it a failure and nobody waits for the turn", async () => {
  const asked: string[] = [];
  const mine = shareOf(
    async (name) => {
      asked.push(name);
      if (name === "unknown") throw new Error("no name server knows it");
      return ["192.0.2.1"];
    },
    { atOnce: 1 },
  );
  for (const time of [1, 2]) {
    await expect(mine("unknown")).rejects.toThrow("no name server knows it");
    expect(await mine("known")).toEqual(["192.0.2.1"]);
    expect(asked.length).toBe(2 * time);
  }
});

test("a sandbox has four of the resolver's threads, and 256 questions more that wait", async () => {
  const { asked, lookUp } = resolver();
  const mine = shareOf(lookUp);
  const refused: number[] = [];
  const answers = Array.from({ length: 270 }, (_, number) =>
    mine(`name-${number}`).catch((error: Error) => {
      expect(error.message).toContain("too many names");
      refused.push(number);
    }),
  );
  await settled();
  expect(asked).toHaveLength(4);
  expect(refused).toEqual(Array.from({ length: 10 }, (_, number) => 260 + number));
  while (asked.length > 0) {
    for (const { answer } of asked.splice(0)) answer();
    await settled();
  }
  await Promise.all(answers);
});

test("nothing is left of a question once it is answered", async () => {
  const script = `import { shareOf } from ${JSON.stringify(PROGRAM)}; await shareOf(async () => [], { withinMs: 60_000 })("name")`;
  const args = ["--input-type=module", "-e", script];
  const env = { PATH: "/usr/bin:/bin" };
  const ended = await runProgram({ file: process.execPath, args, env, timeoutMs: 10_000 });
  expect(ended).toMatchObject({ exitCode: 0, timedOut: false });
});
