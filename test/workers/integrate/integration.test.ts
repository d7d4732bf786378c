import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import type { Verification } from "../../../src/task/progress.ts";
import { type Entry, integrate, type MergeCheck } from "../../../workers/integrate/integration.ts";
import type { Delivery } from "../../../workers/integrate/merge-nodes.ts";
import { readIntegrated, tipOf } from "../../../workers/integrate/plan-repository.ts";
import { git } from "../workspace/support.ts";
import { type PlanHere, startPlan } from "./support.ts";

const said = (exitCode: number, outputTail = ""): Verification => ({
  command: "check",
  exitCode,
  rounds: 1,
  outputTail,
});

/** A check that reads the merged tree's files; `bad`: whether it fails with these. */
function checking(plan: PlanHere, bad: (files: readonly string[]) => boolean) {
  const looked: string[][] = [];
  const check = async (commit: string, objects: string): Promise<MergeCheck> => {
    const args = [`--git-dir=${objects}`, "ls-tree", "-r", "--name-only", commit];
    const files = execFileSync("git", args, { encoding: "utf8" }).trim().split("\n");
    looked.push(files);
    return bad(files) ? { kind: "failed", verification: said(1, "red") } : { kind: "passed", verification: said(0) };
  };
  const place = { dataDir: plan.dataDir, plan: plan.store };
  const entry = (delivery: Delivery, more: Partial<Entry> = {}): Entry => ({
    ...{ delivery, check, mayMove: async () => undefined, note() {}, signal: new AbortController().signal },
    ...{ verification: said(0, "own") },
    ...more,
  });
  return { looked, entry, integrate: (each: Entry) => integrate(place, each) };
}

const nodesOf = async ({ store }: PlanHere) => (await readIntegrated(store, tipOf(store))).map(({ node }) => node);

test("work on what the branch still is has been checked already, and is merged at once", async () => {
  const plan = startPlan();
  const here = checking(plan, () => true);
  const answer = await here.integrate(here.entry(plan.work("one", { one: "1\n" })));
  expect(answer).toEqual({ kind: "merged", sha: tipOf(plan.store), parent: plan.base, verification: said(0, "own") });
  expect(here.looked).toEqual([]);
});

test("what waits together is merged together and checked once", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const works = ["one", "two", "three"].map((node) => here.entry(plan.work(node, { [node]: "x\n" })));
  const answers = await Promise.all(works.map(here.integrate));
  expect(answers.map(({ kind }) => kind)).toEqual(["merged", "merged", "merged"]);
  expect(here.looked).toEqual([["a.txt", "one", "three", "two"]]);
  expect(await nodesOf(plan)).toEqual(["one", "two", "three"]);
});

test.for([
  ["one", ["two", "three", "four"]],
  ["two", ["one", "three", "four"]],
  ["three", ["one", "two", "four"]],
  ["four", ["one", "two", "three"]],
] as const)("of four that wait together the one with which the check fails is found: %s", async ([culprit, rest]) => {
  const plan = startPlan();
  const here = checking(plan, (files) => files.includes(culprit));
  const zero = plan.base;
  const works = ["one", "two", "three", "four"].map((node) => here.entry(plan.work(node, { [node]: "x\n" }, zero)));
  await plan.merge(plan.work("zero", { zero: "0\n" }));
  const answers = await Promise.all(works.map(here.integrate));
  const at = ["one", "two", "three", "four"].indexOf(culprit);
  expect(answers.map(({ kind }) => kind)).toEqual(answers.map((_, each) => (each === at ? "failed" : "merged")));
  expect(answers[at]).toMatchObject({ verification: { exitCode: 1, outputTail: "red" } });
  expect(await nodesOf(plan)).toEqual(["zero", ...rest]);
});

test("two that are sound alone and fail together: the one that came second is told", async () => {
  const plan = startPlan();
  const here = checking(plan, (files) => files.includes("one") && files.includes("two"));
  const [one, two] = ["one", "two"].map((node) => here.entry(plan.work(node, { [node]: "x\n" })));
  const answers = await Promise.all([one, two].map((each) => here.integrate(each as Entry)));
  expect(answers).toMatchObject([{ kind: "merged" }, { kind: "failed", tip: tipOf(plan.store) }]);
  expect(await nodesOf(plan)).toEqual(["one"]);
});

test("one that fits the branch and not another one that waits with it gets its own turn", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const works = ["one", "two"].map((node) => here.entry(plan.work(node, { "a.txt": `${node}\n` })));
  const answers = await Promise.all(works.map(here.integrate));
  expect(answers).toMatchObject([{ kind: "merged" }, { kind: "conflict", tip: tipOf(plan.store), paths: ["a.txt"] }]);
});

test("who leads and is interrupted leaves the others to the next one", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const broken = async () => {
    throw new Error("the host goes away");
  };
  const one = here.entry(plan.work("one", { one: "1\n" }), { check: broken });
  const two = here.entry(plan.work("two", { two: "2\n" }));
  const [first, second] = await Promise.allSettled([here.integrate(one), here.integrate(two)]);
  expect(first).toMatchObject({ status: "rejected", reason: new Error("the host goes away") });
  expect(second).toMatchObject({ value: { kind: "merged" } });
  expect(await nodesOf(plan)).toEqual(["two"]);
});

test("who goes while others are checked along with it is not merged", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const leaving = new AbortController();
  const [one, two] = [plan.work("one", { one: "1\n" }), plan.work("two", { two: "2\n" })];
  const check: Entry["check"] = async (commit, objects) => {
    leaving.abort(new Error("cancelled"));
    return await here.entry(one).check(commit, objects);
  };
  const answers = await Promise.allSettled([
    here.integrate(here.entry(one, { check })),
    here.integrate(here.entry(two, { signal: leaving.signal })),
  ]);
  expect(answers).toMatchObject([{ value: { kind: "merged" } }, { reason: new Error("cancelled") }]);
  expect(await nodesOf(plan)).toEqual(["one"]);
});

test("a check that takes too long is told to the one with which it does", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const slow: MergeCheck = { kind: "missed", missed: { deadline: "verifying", afterMs: 1 } };
  const [one, two] = [plan.work("one", { one: "1\n" }), plan.work("two", { two: "2\n" })];
  const check: Entry["check"] = async (commit, objects) => {
    const files = git("/", `--git-dir=${objects}`, "ls-tree", "--name-only", commit).split("\n");
    return files.includes("two") ? slow : { kind: "passed" };
  };
  const answers = await Promise.all([one, two].map((each) => here.integrate(here.entry(each, { check }))));
  expect(answers).toMatchObject([{ kind: "merged" }, slow]);
});

test("a node that is merged is never merged again, whoever comes with it", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const first = await here.integrate(here.entry(plan.work("one", { one: "1\n" })));
  const again = await here.integrate(here.entry(plan.work("one", { one: "2\n" })));
  expect(first).toMatchObject({ kind: "merged", sha: tipOf(plan.store) });
  expect(again).toMatchObject({ kind: "merged", sha: tipOf(plan.store) });
  expect(await nodesOf(plan)).toEqual(["one"]);
  expect(plan.show("one")).toBe("1");
});

test("what changes nothing any more is merged without another check", async () => {
  const plan = startPlan();
  const here = checking(plan, () => true);
  const [one, two] = ["one", "two"].map((node) => here.entry(plan.work(node, { same: "x\n" })));
  await here.integrate(one as Entry);
  expect(await here.integrate(two as Entry)).toMatchObject({ kind: "merged", sha: tipOf(plan.store) });
  expect(here.looked).toEqual([]);
  expect(await nodesOf(plan)).toEqual(["one", "two"]);
});

test("the branch does not move before the one that leads may change anything", async () => {
  const plan = startPlan();
  const here = checking(plan, () => false);
  const mayMove = async () => {
    throw new Error("the lease is lost");
  };
  await expect(here.integrate(here.entry(plan.work("one", { one: "1\n" }), { mayMove }))).rejects.toThrow("the lease");
  expect(tipOf(plan.store)).toBe(plan.base);
});
