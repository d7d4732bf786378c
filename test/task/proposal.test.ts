import { describe, expect, test } from "vitest";
import { nextTask } from "../../src/task/next-state.ts";
import {
  filesNamedIn,
  isProposalName,
  MAX_NAMED_FILES,
  mayChange,
  namedAmong,
  openProposal,
  type Proposal,
  proposalName,
} from "../../src/task/proposal.ts";
import type { Task } from "../../src/task/task.ts";
import { taskShape } from "../../src/task/task-shape.ts";
import { proposal, proposingTask, runningTask } from "../report/sample-tasks.ts";

const { said, baseSha } = proposal;
const by = { id: 31, login: "maintainer" };
const approved = { kind: "approved" as const, by, at: 9 };
const decide = (task: Task, name: string, decision: NonNullable<Proposal["decision"]> = approved) =>
  nextTask(task, { name: "decided", proposal: name, decision, at: 9 });

describe("a proposal's name", () => {
  const name = proposalName("ta", { baseSha, said });

  test("is short, and hardly any other word", () => {
    expect(isProposalName(name)).toBe(true);
    for (const word of ["proposal", "p", "p123", "parser", "P3FA81C", "tabc2de"])
      expect(isProposalName(word)).toBe(false);
  });

  test("stands for all that it says, for its task and for the commit that it was made on", () => {
    expect(proposalName("ta", { baseSha, said: { ...said } })).toBe(name);
    const others = [
      proposalName("tb", { baseSha, said }),
      proposalName("ta", { baseSha: "b".repeat(40), said }),
      proposalName("ta", { baseSha, said: { ...said, followUps: [] } }),
      proposalName("ta", { baseSha, said: { ...said, summary: `${said.summary}.` } }),
      proposalName("ta", { baseSha, said, plan: { goal: "Prices", nodes: [] } }),
      proposalName("ta", { baseSha, said, plan: { goal: "Sums", nodes: [] } }),
    ];
    expect(new Set([name, ...others]).size).toBe(7);
  });
});

describe("a decision", () => {
  test("counts once, and only about the proposal that it names", () => {
    const task = proposingTask();
    expect(decide(task, "p000000")).toBeUndefined();
    const decided = decide(task, proposal.name) as Task;
    expect(decided.proposal?.decision).toEqual(approved);
    expect(openProposal(decided)).toBeUndefined();
    expect(decide(decided, proposal.name, { kind: "change", text: "no", at: 10 })).toBeUndefined();
  });

  test("lets the agent change things only when it is an approval", () => {
    const task = proposingTask();
    expect(mayChange(task)).toBe(false);
    expect(mayChange(decide(task, proposal.name) as Task)).toBe(true);
    expect(mayChange(decide(task, proposal.name, { kind: "change", text: "no", at: 9 }) as Task)).toBe(false);
    expect(mayChange(runningTask("working"))).toBe(true);
  });

  test("comes too late when the task is over, and a new proposal is undecided", () => {
    const over = nextTask(proposingTask(), { name: "cancel", reason: { kind: "command", by: "m" }, at: 9 }) as Task;
    expect(decide(over, proposal.name)).toBeUndefined();
    const running = { ...runningTask("working"), proposal: { ...proposal, decision: approved } };
    const { state } = proposingTask();
    const reasons = state.name === "waiting" ? state.reasons : [];
    const next = { ...proposal, name: "p111111" };
    const parked = nextTask(running, { name: "parked", epoch: running.epoch, reasons, proposal: next, at: 10 });
    expect(parked && openProposal(parked)?.name).toBe("p111111");
    const limited = nextTask(running, { name: "parked", epoch: running.epoch, reasons, at: 10 });
    expect(limited?.proposal?.decision).toEqual(approved);
  });

  test("stands in a record that can be read again", () => {
    const decided = decide(proposingTask(), proposal.name) as Task;
    expect(taskShape.safeParse(JSON.parse(JSON.stringify(decided))).success).toBe(true);
  });
});

describe("the files that a proposal names", () => {
  const named = (summary: string) => filesNamedIn({ title: "", summary, decisions: [], interfaces: [], followUps: [] });

  test.each([
    ["I would change `src/sum.js`, ./lib/a-b.ts and README.md.", ["src/sum.js", "lib/a-b.ts", "README.md"]],
    ["(src/words/next-step.ts) **docs/** .github/orch.yml", ["src/words/next-step.ts", "docs/", ".github/orch.yml"]],
    ["see https://example.com/a/b.js or user@example.com", []],
    ["version 2.4.1, e.g. this. And so on.", []],
    ["src/sum.js, src/sum.js", ["src/sum.js"]],
  ])("%s", (text, files) => expect(named(text)).toEqual(files));

  test("are bounded, and found in no time whatever the text", () => {
    expect(named(Array.from({ length: 200 }, (_, nth) => `src/${nth}.js`).join(" "))).toHaveLength(MAX_NAMED_FILES);
    const began = performance.now();
    for (const text of ["a/".repeat(5_000), "./".repeat(5_000), "a.".repeat(5_000), `${"a".repeat(9_999)}/`])
      named(text);
    expect(performance.now() - began).toBeLessThan(500);
  });

  test("are met by a change of just these, or of what is in a folder of them", () => {
    expect(namedAmong(["src/sum.js", "docs/"], ["src/sum.js.map", "docs/a.md", "x"])).toEqual(["docs/"]);
    expect(namedAmong(["src/sum.js"], ["src/sum.js"])).toEqual(["src/sum.js"]);
    expect(namedAmong(["src/sum.js"], [])).toEqual([]);
  });
});
