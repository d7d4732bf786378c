/** Notes down who has asked for what, where it is something that a person did and not only looked at. */
import type { Command } from "../command/command.ts";
import type { Deed, Deeds } from "../task/deeds.ts";
import { operatorIdOf, operatorOf, viaOf } from "../task/origin.ts";
import { bare } from "../text/quote.ts";
import type { CarriedOut } from "./carried-out.ts";
import { commandNameOf, type Request } from "./request.ts";

/** Commands after which nothing is different. */
const LOOKS: ReadonlySet<Command["kind"]> = new Set(["help", "status", "why", "logs", "budget", "misunderstood"]);

/** In characters. */
const MAX_WHY = 200;

/** Noted again, as after the death of a bot, it is the same deed. */
export async function noteDeed(
  { deeds, now }: { deeds: Deeds; now: () => number },
  request: Request,
  { kind, line }: Command,
  { done, say, tasks = [] }: CarriedOut,
): Promise<void> {
  const by = whoDid(request);
  const via = viaOf(request.source);
  if (!by || !via || LOOKS.has(kind)) return;
  const { repository, number } = request;
  const place = `${repository.owner}/${repository.name}#${number}`;
  await deeds.note(commandNameOf(request, line), {
    ...{ at: now(), by, via, verb: kind, done, tasks, place },
    ...(!done && say !== undefined && { why: bare(say, MAX_WHY) }),
  });
}

function whoDid({ actor, source }: Request): Deed["by"] | undefined {
  const operator = operatorOf(source);
  if (operator !== undefined) {
    const id = operatorIdOf(source);
    return { name: operator, ...(id !== undefined && { id }) };
  }
  return actor && { name: actor.login, id: actor.id };
}
