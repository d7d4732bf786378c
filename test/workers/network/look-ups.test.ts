import { expect, test } from "vitest";
import { shareOf } from "../../../workers/network/look-ups.ts";

/** A resolver whose answers come when the test says so. */
function resolver() {
  const asked: { name: string; answer: () => void }[] = [];
  const lookUp = (name: string) =>
    new Promise<string[]>((resolve) => asked.push({ name, answer: () => resolve(["192.0.2.1"]) }));
  return { asked, lookUp };
}

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
  await expect(mine("silent")).rejects.toThrow("did not answer");
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
