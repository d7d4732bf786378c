/**
 * What becomes of a revision that goes beyond what was approved: a person allows it, and it is carried out in the same write, or wants something
 * else; or nobody says anything in time. Then it is the manager's matter again. Only the one that the plan's record names can be decided about, and
 * only once. Pure.
 */
import { released } from "./ask-about-stopped.ts";
import type { Exceeds } from "./asked-shape.ts";
import { inGraph } from "./beyond.ts";
import { widest } from "./envelope.ts";
import { nodeOf, openAsked, type Plan, withEvent, withWake } from "./plan.ts";
import { revise } from "./revise-plan.ts";
import { namedIn } from "./revision.ts";
import type { Actor } from "./task-spec.ts";

export type AskedDecision =
  | { kind: "approved"; by?: Actor | undefined; at: number }
  | { kind: "change"; text: string; by?: Actor | undefined; at: number };

/** Undefined when there is nothing to decide. Of one that is approved too late the record says `outdated`. */
export function decideOnAsked(plan: Plan, name: string, decision: AskedDecision): Plan | undefined {
  const open = openAsked(plan);
  if (open?.name !== name) return undefined;
  const freed = released(plan, stoppedIn(open.exceeds));
  if (decision.kind === "change") {
    const text = `${whoIs(decision.by)} ${open.exceeds.stopped ? `says about the node ${open.exceeds.stopped.node}, which failed` : `does not want the change ${name} and says`}: ${decision.text}`;
    return backToManager({ ...freed, asked: { ...open, decision: stored(decision) } }, { at: decision.at, text });
  }
  const { revision, choices, exceeds } = open;
  const { asked: _, ...without } = released(plan, namedIn(revision));
  const made = revise(without, revision, {
    ...{ now: decision.at, allowed: name },
    choicesOf: (role) => choices[role],
  });
  if (made.kind === "revised") return allowed(made.plan, { ...open, decision: stored(decision) }, exceeds);
  const problems = made.kind === "refused" ? made.problems.join(" ") : "it is so already.";
  const outdated = { ...stored(decision), kind: "outdated" as const };
  const text = `${whoIs(decision.by)} approved the change ${name}, and it cannot be carried out any more: ${problems}`;
  return backToManager({ ...freed, asked: { ...open, decision: outdated } }, { at: decision.at, text });
}

const stoppedIn = ({ stopped }: Exceeds): string[] => (stopped ? [stopped.node] : []);

const whoIs = (by: Actor | undefined): string => (by ? `@${by.login}` : "The operator");

/** Nothing is stored that is not known. */
function stored<Kind extends AskedDecision>({ by, ...decision }: Kind): Omit<Kind, "by"> & { by?: Actor } {
  return { ...decision, ...(by && { by }) };
}

type Asked = NonNullable<Plan["asked"]>;

/** What a person has allowed is from then on what was approved. */
function allowed(plan: Plan, asked: Asked, { budget }: Exceeds): Plan {
  const { spent: _, low: __, ...funded } = plan;
  const next: Plan = {
    ...(budget ? { ...funded, budget: widest(plan.budget, budget) } : plan),
    ...(!asked.exceeds.stopped && { approved: { nodes: inGraph(plan).length } }),
    asked,
  };
  const by = asked.decision && "by" in asked.decision ? asked.decision.by?.login : undefined;
  const text = by === undefined ? asked.name : `${asked.name}, ${by}`;
  return withEvent(next, { at: asked.decision?.at ?? plan.at, what: "approved", text });
}

/** With what nobody has decided about in time handed back; the same plan when there is no such thing. */
export function withoutLapsed(plan: Plan, now: number): Plan {
  const open = openAsked(plan);
  if (!open || now < open.until) return plan;
  const lapsed: Plan = {
    ...released(plan, stoppedIn(open.exceeds)),
    asked: { ...open, decision: { kind: "lapsed", at: now } },
  };
  const text = `Nobody allowed the change ${open.name} in time.`;
  // What is a person's to decide is no manager's, and when the plan itself is out of time there is nothing left for one to do.
  return now < plan.until && !open.exceeds.stopped
    ? backToManager(lapsed, { at: now, text })
    : withEvent(lapsed, { at: now, what: "declined", text });
}

/** What it was about is the manager's to decide, and so nothing that stands behind it is left out yet. */
function backToManager(plan: Plan, { at, text }: { at: number; text: string }): Plan {
  const { name, revision } = plan.asked as Asked;
  const told = withEvent(plan, { at, what: "declined", text });
  const failed = namedIn(revision).filter((id) => nodeOf(plan, id)?.state.name === "failed");
  const key = `asked:${name}`;
  const matter = { kind: "told" as const, text, at };
  if (failed.length === 0) return withWake(told, { ...matter, key }) ?? told;
  return failed.reduce((next, node) => withWake(next, { ...matter, key: `${key}:${node}`, node }) ?? next, told);
}
