/**
 * What a person makes of an agent's proposal: has it carried out, or asks for another one. A decision names the proposal; where
 * files that it names have changed since it was made, it is made anew instead of approved. Safe to repeat: the first decision counts.
 */
import type { Command } from "../command/command.ts";
import { withDetails } from "../command/details.ts";
import { withoutName } from "../command/worded.ts";
import type { Dispatcher } from "../dispatch/dispatcher.ts";
import * as words from "../report/proposal-replies.ts";
import { isSurelyAPersons } from "../task/origin.ts";
import {
  type Decision,
  isProposalName,
  MAX_CHANGE,
  namedAmong,
  openProposal,
  type Proposal,
} from "../task/proposal.ts";
import type { TaskStore } from "../task/store.ts";
import type { Task } from "../task/task.ts";
import type { CarriedOut } from "./carried-out.ts";
import type { ChangedSince } from "./changed-since.ts";
import { type AskedChange, askedChangesOf, decideOnChange } from "./decide-asked.ts";
import { foundHere } from "./named-tasks.ts";
import type { Request } from "./request.ts";
import type { FoundTarget } from "./target.ts";

export type DecideDeps = { store: TaskStore; dispatcher: Dispatcher; now: () => number };

type Find = () => Promise<{ found: FoundTarget; changedSince: ChangedSince }>;

export async function approve(
  deps: DecideDeps,
  request: Request,
  command: Extract<Command, { kind: "approve" }>,
  find: Find,
): Promise<CarriedOut> {
  // Who approves lets agents work: there it has to be known.
  if (!isSurelyAPersons(request.source)) return { done: false, say: words.approveInComment(command.task) };
  const meant = await proposalMeant(deps.store, request, command.task, find);
  if ("say" in meant) return meant;
  if ("asked" in meant) return await decideOnChange(deps, meant, { kind: "approved", ...whoAndWhen(request) });
  const { task, proposal } = meant;
  if (proposal.decision) return decidedBefore(task, proposal, request);
  const changed = await (await find()).changedSince(task.spec, proposal.baseSha);
  const files = changed && namedAmong(proposal.files, changed.files ?? proposal.files);
  const by = whoAndWhen(request);
  if (changed && files && files.length > 0) {
    await decide(deps, task, proposal, { kind: "outdated", files, base: changed.base, ...by });
    return { done: true, say: words.outdated(proposal.name, files), tasks: [task.spec.id] };
  }
  await decide(deps, task, proposal, { kind: "approved", ...by });
  return { done: true, tasks: [task.spec.id] };
}

/** Undefined where the words begin with the name of no proposal: they are a request of their own. */
export async function askForAnother(
  deps: DecideDeps,
  request: Request,
  command: Extract<Command, { kind: "plan" }>,
  find: Find,
): Promise<CarriedOut | undefined> {
  if (command.task === undefined || !isProposalName(command.task)) return undefined;
  const meant = await proposalMeant(deps.store, request, command.task, find);
  if ("say" in meant) return meant;
  if ("proposal" in meant && meant.proposal.decision) return decidedBefore(meant.task, meant.proposal, request);
  const { name } = "asked" in meant ? meant.asked : meant.proposal;
  const text = withDetails(withoutName(command.words), command);
  if (text === "") return { done: false, say: words.nothingToChange(name) };
  if (text.length > MAX_CHANGE) return { done: false, say: words.changeTooLong(MAX_CHANGE) };
  const decision = { kind: "change" as const, text, ...whoAndWhen(request) };
  if ("asked" in meant) return await decideOnChange(deps, meant, decision);
  const { task, proposal } = meant;
  await decide(deps, task, proposal, decision);
  return { done: true, tasks: [task.spec.id] };
}

const whoAndWhen = ({ actor, requestedAt }: Request) => ({ ...(actor && { by: actor }), at: requestedAt });

async function decide({ store, dispatcher, now }: DecideDeps, { spec }: Task, { name }: Proposal, decision: Decision) {
  await store.advance(spec.id, { name: "decided", proposal: name, decision, at: now() });
  const task = await store.read(spec.id);
  if (task) await dispatcher.ensure(task);
}

/** The same word once more, as after a bot's death, is no other one. */
function decidedBefore({ spec }: Task, { name, decision }: Proposal, { actor, requestedAt }: Request): CarriedOut {
  if (decision?.at === requestedAt && decision.by?.id === actor?.id) {
    const say = decision.kind === "outdated" ? words.outdated(name, decision.files) : undefined;
    return { done: true, tasks: [spec.id], ...(say !== undefined && { say }) };
  }
  return { done: false, say: words.decidedAlready(name, decision?.kind) };
}

type Meant = { task: Task; proposal: Proposal } | AskedChange | (CarriedOut & { say: string });

/** The newest of that name, in this issue or its conversation. */
async function proposalMeant(store: TaskStore, request: Request, name: string | undefined, find: Find): Promise<Meant> {
  const tasks = (await foundHere(store, request, find, (ids) => withProposal(store, ids))) ?? [];
  const named = tasks.findLast(({ proposal }) => name !== undefined && proposal?.name === name);
  // Of a task that is over nothing is left to decide.
  const proposal = named && (named.proposal?.decision ? named.proposal : openProposal(named));
  if (named && proposal) return { task: named, proposal };
  const changes = await askedChangesOf(store, tasks);
  const change = changes.findLast(({ asked }) => asked.name === name);
  if (change) return change;
  const waiting = changes.flatMap(({ asked, isOpen }) => (isOpen ? [asked] : []));
  const open = [...tasks.flatMap((task) => openProposal(task) ?? []), ...waiting];
  return { done: false, say: name === undefined ? words.whichProposal(open) : words.noSuchProposal(name, open) };
}

/** Undefined where no agent has proposed anything. */
async function withProposal(store: TaskStore, ids: readonly string[]): Promise<Task[] | undefined> {
  const tasks = await store.readMany(ids);
  return tasks.some(({ proposal }) => proposal) ? tasks : undefined;
}
