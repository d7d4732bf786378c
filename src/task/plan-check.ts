/**
 * What is wrong with a plan that an agent proposes, and whether it is worth a team. Told to the agent, which mends it; where one agent
 * would do as well, the person is told why. Pure. The texts are short instructions for a model.
 */
import { type Amounts, amountWords, UNITS } from "../text/budget.ts";
import { forNodes, mapAmounts } from "./envelope.ts";
import type { Choice } from "./plan.ts";
import type { PlanCaps } from "./plan-caps.ts";
import { ancestorsOf, countWithoutChains, longestChain } from "./plan-graph.ts";
import type { NodeSpec, PlanProposal } from "./plan-proposal.ts";
import { isGlob, isHot, mayMeet } from "./scope.ts";

/** What is known of a role. `choices`: what it may be given to, first choice first. */
export type RoleFacts = { name: string; writes: boolean; mayDelegate?: boolean; choices?: Choice[] };

export type Checking = {
  caps: PlanCaps;
  /** Undefined where any role will do. */
  roles?: readonly RoleFacts[] | undefined;
  /** Names of the servers that the repository has; undefined where that is not known. */
  servers?: readonly string[] | undefined;
  /** Whether the repository says how its work is checked. */
  hasVerify: boolean;
  /** What the plan may use, and what one run may. */
  budget?: Amounts | undefined;
  perRun?: Amounts | undefined;
};

/** Why one agent should do it instead. */
export type Single =
  /** There are no three parts that could be worked on apart. */
  | { kind: "few"; parts: number }
  /** Most of it has to be done one after the other. */
  | { kind: "chain"; longest: number; nodes: number }
  /** Nothing would tell whether the parts fit together. */
  | { kind: "no_check" }
  /** It is expected to use so many times what one run may. */
  | { kind: "cost"; times: number };

export type Checked = { problems: string[]; warnings: string[]; single?: Single };

const LEAST_PARTS = 3;
const LONGEST_SHARE = 0.7;
const MOST_TIMES = 5;

export function checkPlan({ nodes }: PlanProposal, checking: Checking): Checked {
  const problems = nodeProblems(nodes, checking);
  // What one names and another does is not known of a graph that is none.
  if (problems.length > 0) return { problems, warnings: [] };
  const meeting = meetingPairs(nodes);
  const warnings = meeting.map(
    ([one, other]) => `${one} and ${other} may change the same files, so they are worked on one after the other.`,
  );
  const single = singleOf(nodes, meeting, checking);
  return { problems: moneyProblems(nodes, checking), warnings, ...(single && { single }) };
}

/** What is wrong with the graph that the nodes make, and with those of them that are `added`. */
export function nodeProblems(
  nodes: readonly NodeSpec[],
  { caps, roles, servers }: Pick<Checking, "caps" | "roles" | "servers">,
  added: readonly NodeSpec[] = nodes,
): string[] {
  const ids = nodes.map(({ id }) => id);
  const twice = [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
  const ancestors = ancestorsOf(nodes);
  return [
    ...(nodes.length > caps.nodes ? [`There are ${nodes.length} nodes, and at most ${caps.nodes} are allowed.`] : []),
    ...twice.map((id) => `Two nodes are called ${id}.`),
    ...nodes.flatMap((node) => edgeProblems(node, ids, ancestors)),
    ...added.flatMap((node) => roleProblems(node, roles)),
    ...added.flatMap((node) => scopeProblems(node, nodes, ancestors)),
    ...added.flatMap((node) => serverProblems(node, servers)),
    ...added.flatMap(readProblems),
    ...added
      .filter(isEmpty)
      .map(({ id }) => `${id} says not what is there when it is done, or by which command that is seen.`),
  ];
}

const isEmpty = ({ deliverable, check }: NodeSpec): boolean => deliverable.trim() === "" || check.trim() === "";

function edgeProblems({ id, after }: NodeSpec, ids: readonly string[], ancestors: Map<string, Set<string>>): string[] {
  const unknown = after.filter((each) => !ids.includes(each));
  return [
    ...unknown.map((each) => `${id} stands behind ${each}, which is no node.`),
    ...(after.includes(id) ? [`${id} stands behind itself.`] : []),
    ...(!after.includes(id) && ancestors.get(id)?.has(id) ? [`${id} stands behind itself by way of others.`] : []),
  ];
}

function roleProblems({ id, role, scope }: NodeSpec, roles: readonly RoleFacts[] | undefined): string[] {
  if (!roles) return [];
  const known = roles.find(({ name }) => name === role);
  if (!known) return [`${id} has the role ${role}. There are: ${roles.map(({ name }) => name).join(", ")}.`];
  if (known.writes && scope.length === 0) return [`${id} says not which files it may change.`];
  return known.writes || scope.length === 0 ? [] : [`${id} has a scope, and the role ${role} changes nothing.`];
}

function serverProblems({ id, servers: needed = [] }: NodeSpec, servers: readonly string[] | undefined): string[] {
  const unknown = servers ? needed.filter((each) => !servers.includes(each)) : [];
  const known = servers?.length ? `There are: ${servers.join(", ")}` : "The repository has none";
  return unknown.map((each) => `${id} needs the server ${each}. ${known}.`);
}

function readProblems({ id, reads = [] }: NodeSpec): string[] {
  const bad = reads.filter((path) => !isGlob(path) || /[*?\p{Cc}]|\/$/u.test(path));
  return bad.map(
    (path) => `${id} is to be given ${JSON.stringify(path)}, which is no path of a file in the repository.`,
  );
}

function scopeProblems(
  { id, scope }: NodeSpec,
  nodes: readonly NodeSpec[],
  ancestors: Map<string, Set<string>>,
): string[] {
  const bad = scope.filter((glob) => !isGlob(glob));
  const isLast = nodes.every((other) => other.id === id || ancestors.get(id)?.has(other.id));
  const hot = isLast ? [] : scope.filter((glob) => !glob.includes("*") && isHot(glob));
  return [
    ...bad.map((glob) => `${id} has the scope ${glob}, which does not stand for files of the repository.`),
    ...hot.map((glob) => `${id} claims ${glob}. Such a file belongs to the node that comes after all others.`),
  ];
}

/** Those that could work at the same time, were it not for their files. */
function meetingPairs(nodes: readonly NodeSpec[]): [string, string][] {
  const ancestors = ancestorsOf(nodes);
  const areApart = (one: string, other: string) => !ancestors.get(one)?.has(other) && !ancestors.get(other)?.has(one);
  return nodes.flatMap((one, index) =>
    nodes
      .slice(index + 1)
      .filter((other) => areApart(one.id, other.id) && !(one.shared && other.shared) && mayMeet(one.scope, other.scope))
      .map((other): [string, string] => [one.id, other.id]),
  );
}

function singleOf(nodes: readonly NodeSpec[], meeting: [string, string][], checking: Checking): Single | undefined {
  if (!checking.hasVerify) return { kind: "no_check" };
  const parts = countWithoutChains(nodes);
  if (parts < LEAST_PARTS) return { kind: "few", parts };
  const inTurn = nodes.map(({ id, after }) => ({
    id,
    after: [...after, ...meeting.flatMap(([one, other]) => (other === id ? [one] : []))],
  }));
  const longest = longestChain(inTurn);
  if (longest > LONGEST_SHARE * nodes.length) return { kind: "chain", longest, nodes: nodes.length };
  const times = timesOneRun(nodes, checking);
  return times > MOST_TIMES ? { kind: "cost", times } : undefined;
}

/** Where it is known what the nodes may use, and what one run may. */
function timesOneRun(nodes: readonly NodeSpec[], { perRun }: Checking): number {
  const sums = sumOf(nodes);
  const times = (["usd", "tokens"] as const).map((unit) => (perRun?.[unit] ? (sums[unit] ?? 0) / perRun[unit] : 0));
  return Math.round(Math.max(0, ...times) * 10) / 10;
}

const sumOf = (nodes: readonly NodeSpec[]): Amounts =>
  Object.fromEntries(UNITS.map((unit) => [unit, nodes.reduce((sum, { budget }) => sum + (budget?.[unit] ?? 0), 0)]));

function moneyProblems(nodes: readonly NodeSpec[], { budget }: Checking): string[] {
  if (!budget) return [];
  const sums = sumOf(nodes);
  const most = mapAmounts(budget, forNodes);
  return UNITS.flatMap((unit) => {
    const [sum, limit] = [sums[unit] ?? 0, most[unit]];
    if (limit === undefined || sum <= limit) return [];
    return [`The nodes' budgets are ${amountWords(unit, sum)} together, and they may be ${amountWords(unit, limit)}.`];
  });
}
