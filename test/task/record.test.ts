import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { taskOfFormat1 } from "../../src/task/format-1.ts";
import { FORMAT, judgeRecord } from "../../src/task/record.ts";
import { progressOf, type Task } from "../../src/task/task.ts";
import { taskIdOf } from "../../src/task/task-id.ts";
import { taskShape } from "../../src/task/task-shape.ts";
import { readRunFolders, runOfDir } from "../../workers/run/run-folder.ts";

const fixtures = (kind: "records" | "runs") =>
  globSync(fileURLToPath(new URL(`../fixtures/${kind}/*.json`, import.meta.url))).toSorted();

const textsOf = (kind: "records" | "runs") =>
  fixtures(kind).map((path) => [basename(path, ".json"), readFileSync(path, "utf8")] as const);

/** A folder with one run in it, as a host finds it when it starts. */
function runFolder(record: string | undefined) {
  const dir = mkdtempSync(join(tmpdir(), "orch-runs-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, "tb7b7747ufi5liax-1", "run.json");
  mkdirSync(join(dir, "tb7b7747ufi5liax-1"));
  if (record !== undefined) writeFileSync(path, record);
  return { found: () => readRunFolders(dir), stored: () => JSON.parse(readFileSync(path, "utf8")) as object };
}

test.each(textsOf("records"))("a task's record of before is read: %s", (_, text) => {
  const { version, record } = JSON.parse(text) as { version: string; record: string };
  const parse = () => ({ ...JSON.parse(record), version: Number(version) });
  const reading = judgeRecord<Task>(taskShape, parse, taskOfFormat1);
  const { spec, progress, ...rest } = parse();
  expect(reading).toMatchObject({ kind: "known", record: rest });
  if (reading.kind !== "known" || rest.format !== undefined) return;
  const { commentId: id, commentUrl: url, ...same } = spec;
  const { record: task } = reading;
  expect(task.spec).toEqual({ ...same, origin: { kind: "comment", id, line: 0, url }, conversation: spec.number });
  expect(progressOf(task)).toEqual(progress);
  expect(taskIdOf(spec.repository.id, { kind: "comment", id, line: 1, url })).toBe(spec.id);
});

test.each(textsOf("runs"))("a run's record of before is read: %s", (_, text) => {
  const { found } = runFolder(text);
  const { spec, ...rest } = JSON.parse(text);
  expect(found()).toMatchObject({ inDoubt: [], folders: [{ record: rest }] });
  if (spec) expect(found().folders[0]?.record.spec).toMatchObject({ id: spec.id, origin: { kind: "comment" } });
});

test("a comment that was deleted, in format 1, is a request that was taken back", () => {
  const was = { kind: "comment_deleted", by: "octocat" };
  const is = { kind: "taken_back", by: "octocat" };
  const [, text = ""] = textsOf("records").find(([name]) => name === "1-settled-cancelled") ?? [];
  const settled = JSON.parse(JSON.parse(text).record);
  settled.state.outcome.reason = was;
  expect(taskOfFormat1(settled as never).state).toMatchObject({ outcome: { kind: "cancelled", reason: is } });
  expect(taskOfFormat1({ ...settled, cancel: was } as never).cancel).toEqual(is);
  expect(taskOfFormat1({ ...settled, cancel: undefined } as never).cancel).toBeUndefined();
});

test("there are records of every format that this Orch reads", () => {
  const formats = (kind: "records" | "runs") =>
    new Set(fixtures(kind).map((path) => Number.parseInt(basename(path), 10)));
  const all = new Set(Array.from({ length: FORMAT }, (_, index) => index + 1));
  expect([formats("records"), formats("runs")]).toEqual([all, all]);
});

test("what a newer Orch has noted down of a run is still there after a change", () => {
  const [, text = ""] = textsOf("runs")[0] ?? [];
  const run = JSON.parse(text) as { prepared: object; steps: object[] };
  const newer = {
    ...run,
    checkpoint: 1,
    prepared: { ...run.prepared, home: 2 },
    steps: [{ ...run.steps[0], seen: 3 }],
  };
  const { found, stored } = runFolder(JSON.stringify(newer));
  found().folders[0]?.save();
  const spec = found().folders[0]?.record.spec;
  expect(stored()).toEqual({ ...newer, spec, format: FORMAT });
});

test("a run's record is absent, newer or unreadable, and its folder says which run it is of", () => {
  const doubts = [undefined, '{"format":3}', "{half", "{}"].map((text) => runFolder(text).found());
  expect(doubts.map(({ folders }) => folders)).toEqual([[], [], [], []]);
  expect(doubts.map(({ inDoubt }) => inDoubt[0]?.doubt)).toEqual(["absent", "newer", "unreadable", "unreadable"]);
  expect(runOfDir(doubts[0]?.inDoubt[0]?.dir ?? "")).toEqual({ taskId: "tb7b7747ufi5liax", epoch: 1 });
  expect(runOfDir("/runs/notes")).toBeUndefined();
});
