/** A node as it is proposed, and what is shown of any node whatever has become of it. Pure; every text in it is an agent's, on one bounded line. */
import { type NodeSpec, PLAN_LIMITS } from "../task/plan-proposal.ts";
import { visibleText } from "../text/clean.ts";
import { bare } from "../text/quote.ts";
import { redact } from "../text/secret-patterns.ts";
import type { NodeView } from "./plan-view.ts";
import { spentOn } from "./spent.ts";

export const proposedNode = (node: NodeSpec): NodeView => ({
  ...nodeBasics(node),
  how: "proposed",
  ...{ tries: 0, asks: [], answered: 0, outside: [], spent: spentOn([]) },
});

export const nodeBasics = ({
  id,
  title,
  instruction,
  role,
  scope,
  shared = false,
  after,
  deliverable,
  check,
  reads = [],
  servers = [],
  onFailure,
  budget,
}: NodeSpec) => ({
  instruction: redact(visibleText(instruction)).slice(0, PLAN_LIMITS.instruction),
  ...{ id: bare(id, 40), title: bare(title, 100), role: bare(role, 40), shared },
  scope: scope.map((glob) => bare(glob, 200)),
  after: after.map((other) => bare(other, 40)),
  ...{ deliverable: bare(deliverable, 500), check: bare(check, 500) },
  reads: reads.map((path) => bare(path, 200)),
  servers: servers.map((name) => bare(name, 40)),
  onFailure,
  ...(budget && { budget }),
});
