/** Who asks, and whether that is allowed: the rules are REST's, the refusals GraphQL's. */
import type { Actor } from "../auth/actor.ts";
import { demand, type Need } from "../auth/permissions.ts";
import type { Repository } from "../store/model.ts";
import { fullName } from "../store/store.ts";
import type { World } from "../world.ts";
import { asRefusal } from "./refusal.ts";

export type Scope = { world: World; actor: Actor };

/** @param name as the client spelt the repository */
export const noRepository = (name: string): string => `Could not resolve to a Repository with the name '${name}'.`;

/** Runs a rule of REST's. @throws a Refusal where it refuses; with `notFound` where not even the existence may be told */
export function permitting(notFound: string, rule: () => void): void {
  try {
    rule();
  } catch (error) {
    throw asRefusal(error, notFound);
  }
}

/** @throws a Refusal when the actor may not */
export function permit(
  { actor }: Scope,
  repo: Repository,
  need: Need,
  notFound: string = noRepository(fullName(repo)),
): void {
  permitting(notFound, () => demand(actor, repo, need));
}
