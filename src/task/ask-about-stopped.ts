/**
 * A node that failed and of which the plan says `stop` is a person's to decide about, before any manager is called: whether it is tried once more. It is
 * asked for like a change that goes beyond what was approved, one after the other. Pure.
 */
import { askedName } from "./asked-name.ts";
import { openAsked, PLAN_KEEPS, type Plan, type PlanNode, withEvent } from "./plan.ts";

/** So long a person may think, ms. */
const DECIDES_MS = 3 * 24 * 3600_000;

/** The same plan where nobody is to be asked, or somebody is asked something else. */
export function askedAboutStopped(plan: Plan, now: number): Plan {
  const node = plan.nodes.find(isStopped);
  if (!node || openAsked(plan) || now >= plan.until || plan.spent) return forgotten(plan, now);
  if (plan.state !== "running" && plan.state !== "managing") return plan;
  const { id, state, tries } = node;
  const why = state.name === "failed" ? state.reason.slice(0, PLAN_KEEPS.why) : "";
  const revision = { retry: [{ node: id }] };
  const exceeds = { stopped: { node: id, why } };
  const name = askedName(plan, revision, { ...exceeds, tries: tries.length });
  const until = Math.min(now + DECIDES_MS, plan.until);
  const asked = { name, revision, of: plan.revision, exceeds, choices: {}, at: now, until };
  return withEvent({ ...plan, asked }, { at: now, what: "asked", node: id, text: name });
}

/** Whether a person is to decide what becomes of it. */
export const isStopped = ({ state, stopped }: PlanNode): boolean => state.name === "failed" && stopped === true;

/** With these nodes as nobody's to decide about any more. */
export const released = (plan: Plan, ids: readonly string[]): Plan => ({
  ...plan,
  nodes: plan.nodes.map((node) => {
    if (!ids.includes(node.id) || !node.stopped) return node;
    const { stopped: _, ...rest } = node;
    return rest;
  }),
});

/** Where nothing may begin any more there is nothing to ask for. */
function forgotten(plan: Plan, now: number): Plan {
  const ids = plan.nodes.filter(isStopped).map(({ id }) => id);
  return ids.length > 0 && (now >= plan.until || plan.spent) ? released(plan, ids) : plan;
}
