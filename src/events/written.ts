/**
 * What somebody has just written, wherever it stands: its lines that start with `/orch` ask for something. Edits never count:
 * whoever may edit a text need not be who wrote it.
 */
import { readCommands } from "../command/read-commands.ts";
import type { Delivery } from "../ingress/ingress.ts";
import type { Inbox } from "../intake/inbox.ts";
import type { Request } from "../intake/request.ts";
import type { Logger } from "../log.ts";
import type { TaskStore } from "../task/store.ts";
import { impliedAnswer } from "./implied-answer.ts";

export type AskDeps = { store: TaskStore; inbox: Inbox; wakeIntake: () => void; now: () => number; log: Logger };

/** Who sent the event; GitHub tells people, bots and organizations apart. */
export type Sender = { id: number; login: string; type: string };

/** `at`: when, by GitHub's clock. */
export type Written = Pick<Request, "installationId" | "repository" | "number" | "on" | "source" | "about"> & {
  sender: Sender;
  body: string;
  at: number;
};

/** GitHub redelivers for three days; what is older is a replay, maybe of something that the ledger has forgotten. */
const TOO_OLD_MS = 7 * 24 * 3600_000;

export const isTooOld = ({ now }: AskDeps, at: number): boolean => now() - at > TOO_OLD_MS;

/** Only people ask: what bots write, our own texts among it, is no command. */
export async function hearWritten(deps: AskDeps, { sender, body, at, ...place }: Written, delivery: Delivery) {
  if (sender.type !== "User" || isTooOld(deps, at)) return;
  const commands = await readCommands(body);
  if (commands.length > 0) return await ask(deps, { ...place, commands, requestedAt: at }, sender, delivery);
  const where = { repositoryId: place.repository.id, number: place.number };
  const answer = await impliedAnswer(deps.store, where, body);
  if (answer) await ask(deps, { ...place, commands: [answer], implied: true, requestedAt: at }, sender, delivery);
}

type Asked = Omit<Request, "actor" | "receivedAt" | "delivery">;

/** The request is in the inbox when this resolves. */
export async function ask({ inbox, wakeIntake, now, log }: AskDeps, asked: Asked, sender: Sender, delivery: Delivery) {
  const actor = { id: sender.id, login: sender.login };
  const isNew = await inbox.record({ ...asked, actor, receivedAt: now(), delivery: delivery.id });
  const { repository, number, source, commands } = asked;
  const place = { repo: `${repository.owner}/${repository.name}`, issue: number, source };
  log.info({ delivery: delivery.id, ...place, commands: commands.length }, isNew ? "commands received" : "known");
  wakeIntake();
}
