/**
 * What a node's agent has changed outside of the node's scope. That may be needed: it stands in the way only where another node works on
 * these files right now, or where the node was to change nothing. The rest is noted, so that people see it. Files that tools write anew
 * are nobody's.
 */
import { nodeOf, type PlanNode } from "../../../src/task/plan.ts";
import { isHot, isInScope } from "../../../src/task/scope.ts";
import { oneLine } from "../../../src/text/bound.ts";
import type { Change } from "../../publish/changes.ts";
import { named, type Objection } from "../../publish/objection.ts";
import type { Run, Shared } from "../run.ts";
import { nodeOfRun, readPlan } from "./plan-of-node.ts";

/** `outside`: the first of the files outside of its scope. */
export type ScopeJudgement = { objection?: Objection; outside: string[] };

/** So many are noted. */
const MAX_NOTED = 20;
const MAX_PATH = 200;

export async function judgeScope(shared: Shared, run: Run, changes: readonly Change[]): Promise<ScopeJudgement> {
  const { plan: id, id: own } = nodeOfRun(run);
  const plan = await readPlan(shared, run, id);
  const node = nodeOf(plan, own);
  // A revision has taken it out: what becomes of its work is decided there.
  if (!node) return { outside: [] };
  return judgePaths(
    changes.map(({ path }) => path),
    node,
    plan.nodes,
  );
}

export function judgePaths(paths: readonly string[], node: PlanNode, nodes: readonly PlanNode[]): ScopeJudgement {
  const outside = paths.filter((path) => !isHot(path) && !isInScope(path, node.scope));
  if (node.scope.length === 0 && outside.length > 0) return { objection: notToChange(outside), outside: [] };
  const others = nodes.filter(({ id, state }) => id !== node.id && state.name === "started");
  const hurt = others.flatMap((other) => {
    const its = node.shared && other.shared ? [] : outside.filter((path) => isInScope(path, other.scope));
    return its.length > 0 ? [{ other, its }] : [];
  });
  const noted = outside.slice(0, MAX_NOTED).map((path) => oneLine(path, MAX_PATH));
  const [first] = hurt;
  return first
    ? { objection: anothers(first.other, [...new Set(hurt.flatMap(({ its }) => its))]), outside: noted }
    : { outside: noted };
}

const anothers = ({ title }: PlanNode, paths: readonly string[]): Objection => ({
  as: "scope_exceeded",
  reason: `The agent changed ${named(paths)}, on which another one of its team works at the same time (${oneLine(title, 100)}).`,
  remedy: `You changed ${named(paths)}, on which another agent of your team works right now (${oneLine(title, 100)}). Take these changes back, and do your part without them; where it cannot be done so, say what you need.`,
});

const notToChange = (paths: readonly string[]): Objection => ({
  as: "scope_exceeded",
  reason: `The agent changed ${named(paths)}, although its part of the plan is to change nothing.`,
  remedy: `You changed ${named(paths)}. Your part of the plan is to change no file: take this back, and say what you found instead.`,
});
