/**
 * May this actor do this in this repository? Installations by the permissions of their token, people by their role.
 * The permission that a route needs stands beside the route, by hand from
 * https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps (the description has no such field).
 */
import { ApiError, notFound } from "../routes/reply.ts";
import type { Account, Permissions, Repository, Review, Role } from "../store/model.ts";
import type { Actor } from "./actor.ts";

/** What a route needs: any one of `permissions` for an App, at least `role` for a person. */
export type Need = {
  permissions: readonly string[];
  role: Role;
  /** The route decides by itself what an archived repository still takes. */
  archivedToo?: boolean;
};

const ranks: readonly Role[] = ["read", "triage", "write", "maintain", "admin"];
const rank = (role: Role | undefined): number => (role ? ranks.indexOf(role) : -1);

/** The role a person really has: the owner is admin, everybody may read what is public. */
export function roleOf(repo: Repository, account: Account): Role | undefined {
  if (account.id === repo.owner.id) return "admin";
  return repo.roles.get(account.id) ?? (repo.private ? undefined : "read");
}

export const atLeast = (role: Role | undefined, needed: Role): boolean => rank(role) >= rank(needed);

const levels = { read: 1, write: 2, admin: 3 };

/** `issues:write` is met by issues=write or more. */
export function grants(permissions: Permissions, needed: string): boolean {
  const [name = "", level = "read"] = needed.split(":");
  const granted = permissions[name];
  return granted !== undefined && levels[granted] >= levels[level as keyof typeof levels];
}

const writes = (need: Need): boolean => need.permissions.some((each) => !each.endsWith(":read"));

/** Does the token reach the repository at all? */
export function covers(actor: Extract<Actor, { kind: "installation" }>, repo: Repository): boolean {
  const { installation, token } = actor;
  return installation.repositoryIds.has(repo.id) && (!token.repositoryIds || token.repositoryIds.has(repo.id));
}

/** What the token was given counts only as far as the installation still has it. */
export const allows = ({ installation, token }: Extract<Actor, { kind: "installation" }>, needed: string): boolean =>
  grants(token.permissions, needed) && grants(installation.permissions, needed);

function demandInstallation(actor: Extract<Actor, { kind: "installation" }>, repo: Repository, need: Need): void {
  if (!covers(actor, repo)) {
    if (repo.private) throw notFound();
    if (!writes(need)) return; // public things are readable with any token
    throw new ApiError(403, "Resource not accessible by integration");
  }
  if (need.permissions.some((each) => allows(actor, each))) return;
  if (!repo.private && !writes(need)) return;
  throw new ApiError(403, "Resource not accessible by integration", undefined, {
    "x-accepted-github-permissions": need.permissions.join("; ").replaceAll(":", "="),
  });
}

/** A pending review is there for its author alone. */
export function mayRead(actor: Actor, review: Review): boolean {
  if (review.state !== "PENDING") return true;
  return (actor.kind === "user" || actor.kind === "installation") && actor.account.id === review.user.id;
}

export const readOnly = () => new ApiError(403, "Repository was archived so is read-only.");

/** Throws 401, 403 or 404 when the actor may not; an archived repository refuses every write. */
export function demand(actor: Actor, repo: Repository, need: Need): void {
  switch (actor.kind) {
    case "anonymous":
      if (repo.private) throw notFound();
      if (writes(need) || need.role !== "read") throw new ApiError(401, "Requires authentication");
      break;
    case "app":
      throw new ApiError(403, "Resource not accessible by integration");
    case "installation":
      demandInstallation(actor, repo, need);
      break;
    case "user": {
      const role = roleOf(repo, actor.account);
      if (!role) throw notFound();
      if (!atLeast(role, need.role)) throw new ApiError(403, "Must have push access to repository");
      break;
    }
  }
  if (repo.archived && writes(need) && !need.archivedToo) throw readOnly();
}
