import { expect, test } from "vitest";
import { ASKING_LABELS, askedByLabel, problemOf } from "../../src/task/labels.ts";

test("a label is the same in whatever case it is written, as on GitHub", () => {
  expect(askedByLabel(ASKING_LABELS, "Orch")).toBe("run");
  expect(askedByLabel(ASKING_LABELS, "ORCH:RETRY")).toBe("retry");
  expect(askedByLabel(ASKING_LABELS, "orch:cancel")).toBe("cancel");
  expect(askedByLabel(ASKING_LABELS, "orch:running")).toBeUndefined();
  expect(askedByLabel(ASKING_LABELS, "bug")).toBeUndefined();
});

test("two labels that ask must differ, and be none by which Orch says how it stands", () => {
  expect(problemOf(ASKING_LABELS)).toBeUndefined();
  expect(problemOf({ ...ASKING_LABELS, retry: "ORCH" })).toContain("five different names");
  expect(problemOf({ ...ASKING_LABELS, run: "Orch:Running" })).toContain("none of orch:running");
});
