/**
 * What the agent of one node, or the manager, says to others of its plan. Who is meant, the plan says; nobody outside of it can be
 * reached. The same call again sends nothing again.
 */
import { createHash } from "node:crypto";
import { inboxOf } from "../../src/task/inbox.ts";
import {
  MANAGER,
  type Message,
  type Ref,
  type SAYABLE,
  type Sender,
  senderName,
} from "../../src/task/message-shape.ts";
import { type Copy, MAX_COPIES, type Sending } from "../../src/task/messages.ts";
import type { Plan, PlanNode } from "../../src/task/plan.ts";
import { recipientsOf } from "../../src/task/recipients.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import type { Run, Shared } from "./run.ts";

/** By one node, over all its tries, or by the manager. */
export const MAX_SAID_TO_TEAM = 30;

export type Saying = {
  to: string;
  kind: (typeof SAYABLE)[number];
  text: string;
  refs?: Ref[] | undefined;
  inReplyTo?: string | undefined;
};

/** What became of it for one recipient. `hasBegun`: whether an agent works there. */
export type Told = { to: string; sending: Sending; hasBegun: boolean };
export type SaidToTeam = { id: string; told: Told[] } | { problem: string };

/** The plan that a task belongs to; undefined of one that is no team's. */
export const planIdOf = ({ id, team, node }: Pick<TaskSpec, "id" | "team" | "node">): string | undefined =>
  node?.plan ?? (team ? id : undefined);

/** `call`: names the call. Undefined where there is no plan, or it cannot be read. Throws when Redis is away. */
export async function sayToTeam(
  shared: Shared,
  run: Run,
  saying: Saying,
  call: string,
): Promise<SaidToTeam | undefined> {
  const { spec } = run.task;
  const book = planIdOf(spec);
  const plan = book === undefined ? undefined : await shared.store.plans.read(book);
  if (!plan) return undefined;
  const { messages } = shared.store;
  if (saying.inReplyTo !== undefined && !(await messages.recipientOf(saying.inReplyTo, [plan.id])))
    return { problem: `There is no message ${saying.inReplyTo} in your plan.` };
  const meant = recipientsOf(plan, saying.to, spec.node?.id);
  if ("none" in meant) return { problem: meant.none };
  const nodes = "manager" in meant ? [undefined] : meant.nodes;
  if (nodes.length > MAX_COPIES)
    return {
      problem: `These are ${nodes.length} nodes, and one message goes to ${MAX_COPIES} at most: name a role, or a node.`,
    };
  const id = `m${hashOf(`${inboxNameOf(spec)}|${call}`)}`;
  const copies = copiesOf(run, nodes, saying, id);
  const sendings = await messages.post(plan.id, copies, { from: senderOf(run), most: MAX_SAID_TO_TEAM });
  const told = sendings.map((sending, index) => ({ ...recipient(plan, nodes[index]), sending }));
  run.log.info(
    { message: id, to: told.map(({ to }) => to), kind: saying.kind },
    "the agent says something to its team",
  );
  return { id, told };
}

/** Tries of one node are one sender. */
function inboxNameOf(spec: TaskSpec): string {
  const { book, node = MANAGER } = inboxOf(spec);
  return `${book}|${node}`;
}

function senderOf({ task, folder }: Run): Sender {
  const { epoch } = folder.record;
  const { node } = task.spec;
  return node ? { node: node.id, epoch } : { manager: true, epoch };
}

function copiesOf(run: Run, nodes: readonly (PlanNode | undefined)[], saying: Saying, id: string): Copy[] {
  const { kind, text, refs = [], inReplyTo } = saying;
  const [from, at] = [senderOf(run), Date.now()];
  const isOne = nodes.length === 1;
  return nodes.map((node) => {
    const message: Message = {
      ...{ v: 1, from, kind, text, at },
      id: isOne ? id : `${id}/${node?.id ?? MANAGER}`,
      to: node?.id ?? MANAGER,
      ...(refs.length > 0 && { refs }),
      ...(inReplyTo !== undefined && { inReplyTo }),
      ...(!isOne && { correlation: id }),
    };
    return { node: node?.id, message, note: { by: senderName(from), at } };
  });
}

function recipient({ state }: Plan, node: PlanNode | undefined): Pick<Told, "to" | "hasBegun"> {
  return node
    ? { to: node.id, hasBegun: node.state.name === "started" }
    : { to: MANAGER, hasBegun: state === "managing" };
}

const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 8);
