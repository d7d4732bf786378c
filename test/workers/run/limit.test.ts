import { expect, test } from "vitest";
import { lastWordOn } from "../../../workers/run/limit.ts";
import { makeSpec } from "../../support/task-spec.ts";

const by = { id: 31, login: "maintainer" };
const asked = { id: "q1", text: "Which?", epoch: 1, askedAt: 20 };
const proposed = { name: "p1", epoch: 1, baseSha: "a", files: [], at: 30 };
const said = { title: "t", summary: "s", decisions: [], interfaces: [], followUps: [] };

test("how long a task waited for people does not count against its wait for a limit: their last word does", () => {
  const spec = makeSpec({ acceptedAt: 10 });
  expect(lastWordOn({ spec })).toBe(10);
  expect(lastWordOn({ spec, questions: [asked] })).toBe(10);
  expect(lastWordOn({ spec, questions: [{ ...asked, answer: { text: "a", by, at: 40 } }, asked] })).toBe(40);
  expect(lastWordOn({ spec, proposal: { ...proposed, said } })).toBe(10);
  const proposal = { ...proposed, said, decision: { kind: "approved" as const, by, at: 50 } };
  expect(lastWordOn({ spec, proposal })).toBe(50);
});
