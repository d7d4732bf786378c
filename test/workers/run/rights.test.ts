import { describe, expect, test } from "vitest";
import type { Task } from "../../../src/task/task.ts";
import type { TaskSpec } from "../../../src/task/task-spec.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { isReadOnly, readOnlyMounts, refuseUnconfined, rightsOf, subagentsOf } from "../../../workers/run/rights.ts";
import type { Mount } from "../../../workers/sandbox/sandbox.ts";
import { pathsOf, type Workspace, workspaceMounts } from "../../../workers/workspace/workspace.ts";
import { proposal, runningTask } from "../../report/sample-tasks.ts";

const dir = "/data/host/workspaces/ta";
const workspace: Workspace = {
  ...pathsOf(dir),
  inside: pathsOf("/workspace"),
  branch: "orch/1-x",
  baseSha: "a".repeat(40),
};
describe("the workspace of an agent that may change nothing", () => {
  const writableIn = (mounts: readonly Mount[]) =>
    mounts.filter(({ writable }) => writable).map(({ source, target = source }) => `${source} ${target}`);

  test("is read-only but for its home and its folder for temporary files", () => {
    expect(writableIn(readOnlyMounts(workspaceMounts(workspace, { dir: "/mirror" }), workspace))).toEqual([
      `${dir}/home /workspace/home`,
      `${dir}/tmp /workspace/tmp`,
    ]);
  });

  test("is so where its parts stand elsewhere, too", () => {
    const moved = { ...workspace, treeDir: "/other/tree", homeDir: "/other/home" };
    expect(writableIn(readOnlyMounts(workspaceMounts(moved, { dir: "/mirror" }), moved)).sort()).toEqual([
      `${dir}/tmp /workspace/tmp`,
      "/other/home /workspace/home",
    ]);
  });
});

describe("where no sandbox keeps the agent from changing things", () => {
  const [none, bwrap] = [{ driver: { name: "none" as const } }, { driver: { name: "bwrap" as const } }];
  const plan = (spec: { plan?: true; team?: true }) => (readOnly: boolean) => {
    return { task: { spec }, folder: { record: { plan: { readOnly, text: "" } } } };
  };
  const proposing = plan({ plan: true });
  const reading = (readOnly: boolean) => {
    return { task: { spec: {} }, folder: { record: { rights: { readOnly, delegates: false } } } };
  };

  test("a team's plan is refused in words of a team's own", () => {
    const planning = plan({ team: true });
    expect(() => refuseUnconfined(none, planning(true))).toThrow(/A team's plan needs a sandbox.*Ask without `team`/);
    refuseUnconfined(bwrap, planning(true));
  });

  test("a proposal is refused", () => {
    expect(() => refuseUnconfined(none, proposing(true))).toThrow(/A proposal needs a sandbox/);
    refuseUnconfined(none, proposing(false));
    refuseUnconfined(bwrap, proposing(true));
  });

  test("whoever only reads is refused", () => {
    expect(() => refuseUnconfined(none, reading(true))).toThrow(/An agent that only reads needs a sandbox/);
    refuseUnconfined(none, reading(false));
    refuseUnconfined(bwrap, reading(true));
  });
});

describe("what an agent may do", () => {
  const { roles } = parseOperatorFile("agents: { a: { kind: plain, command: [a] } }", "orch.yml");
  const of = (spec: Partial<TaskSpec>, more: Partial<Task> = {}) => {
    const task = { ...runningTask("working"), ...more };
    return rightsOf({ ...task, spec: { ...task.spec, ...spec } }, roles);
  };
  const node = { plan: "t1", id: "api", try: 1, home: "h", share: 0.5 };

  test.each<[string, Partial<TaskSpec>, boolean, boolean]>([
    ["without a role: it writes", {}, false, false],
    ["a developer writes", { role: "developer" }, false, false],
    ["a reviewer only reads", { role: "reviewer" }, true, false],
    ["a manager reads and hands work on", { role: "manager" }, true, true],
    ["a team's own agent reads and hands work on", { team: true }, true, true],
    ["at a node nobody hands work on, whatever the role", { role: "manager", node }, true, false],
    ["in a role that is not known here: nothing", { role: "wizard" }, true, false],
    [
      "before its proposal is approved it only reads, whatever the role",
      { plan: true, role: "developer" },
      true,
      false,
    ],
  ])("%s", (_, spec, readOnly, delegates) => {
    expect(of(spec)).toEqual({ readOnly, delegates });
  });

  test("the program of an agent that works on a node starts no agents of its own", () => {
    const { spec } = runningTask("working");
    expect(subagentsOf({ task: { spec: { ...spec, node } } })).toBe("none");
    expect(subagentsOf({ task: { spec: { ...spec, role: "reviewer" } } })).toBe("few");
  });

  test("an approved proposal gives back what the role may, and no more", () => {
    const approved = { proposal: { ...proposal, decision: { kind: "approved" as const, at: 1 } } };
    expect(of({ plan: true }, approved).readOnly).toBe(false);
    expect(of({ plan: true, role: "reviewer" }, approved).readOnly).toBe(true);
  });

  test("a run of before, which has no rights noted down, goes by its plan", () => {
    expect(isReadOnly({ folder: { record: { plan: { readOnly: true, text: "" } } } })).toBe(true);
    expect(isReadOnly({ folder: { record: {} } })).toBe(false);
    expect(isReadOnly({ folder: { record: { rights: { readOnly: true, delegates: false } } } })).toBe(true);
  });
});
