/**
 * Who is speaking: nobody, a person, the App itself, or the App inside one installation.
 */
import type { By } from "../actions/by.ts";
import { ApiError } from "../routes/reply.ts";
import type { Account, Installation, InstallationToken } from "../store/model.ts";
import type { World } from "../world.ts";
import { refuseAppJwt } from "./app-jwt.ts";

export type Actor =
  | { kind: "anonymous" }
  | { kind: "user"; account: Account }
  | { kind: "app" }
  | { kind: "installation"; account: Account; installation: Installation; token: InstallationToken };

/** The short name of an actor in the request record. */
export function nameOf(actor: Actor): string {
  switch (actor.kind) {
    case "anonymous":
      return "anonymous";
    case "user":
      return actor.account.login;
    case "app":
      return "app";
    case "installation":
      return actor.account.login;
  }
}

export const installationPayer = (id: number): string => `installation ID ${id}`;

/** Whose budget a request uses. */
export function payer(actor: Actor): string {
  switch (actor.kind) {
    case "anonymous":
      return "anonymous";
    case "app":
      return "app";
    case "user":
      return `user ID ${actor.account.id}`;
    case "installation":
      return installationPayer(actor.installation.id);
  }
}

const badCredentials = () => new ApiError(401, "Bad credentials");

/** In whose name somebody acts. @throws 401 for who is nobody in a repository */
export function actsAs(actor: Actor): By {
  switch (actor.kind) {
    case "user":
      return { account: actor.account, viaApp: false };
    case "installation":
      return { account: actor.account, viaApp: true };
    case "anonymous":
    case "app":
      throw new ApiError(401, "Requires authentication");
  }
}

/** The actor behind an access token (not an App JWT). Throws 401, or 403 for a suspended installation. */
export function actorOfToken(world: World, secret: string): Actor {
  if (secret.startsWith("ghs_")) {
    const token = world.store.tokens.get(secret);
    const installation = token && world.store.installations.get(token.installationId);
    if (!token || !installation || token.expiresAt <= Date.now()) throw badCredentials();
    if (installation.suspendedAt) throw new ApiError(403, "This installation has been suspended");
    return { kind: "installation", account: world.app.bot, installation, token };
  }
  const person = world.store.accounts.get(world.signIns.tokens.get(secret) ?? 0);
  if (person) return { kind: "user", account: person };
  for (const account of world.store.accounts.values())
    if (account.token && account.token === secret) return { kind: "user", account };
  throw badCredentials();
}

/** The actor of a REST request by its Authorization header. */
export function authenticate(world: World, authorization: string | undefined): Actor {
  if (authorization === undefined) return { kind: "anonymous" };
  const [, scheme = "", secret = ""] = /^(\S+)\s+(.+)$/.exec(authorization.trim()) ?? [];
  if (/^basic$/i.test(scheme)) return actorOfToken(world, basicPassword(secret));
  if (!/^(bearer|token)$/i.test(scheme)) throw badCredentials();
  // `ghs_` first: the stateless token has two dots, as a JWT has.
  if (secret.startsWith("ghs_") || secret.split(".").length !== 3) return actorOfToken(world, secret);
  const refusal = refuseAppJwt(secret, world.app, Math.floor(Date.now() / 1000));
  if (refusal) throw new ApiError(401, refusal);
  return { kind: "app" };
}

/** The password of Basic credentials: git's user name is not looked at, as on GitHub. */
export function basicPassword(encoded: string): string {
  const text = Buffer.from(encoded, "base64").toString();
  return text.slice(text.indexOf(":") + 1) || text.replace(/:$/, "");
}
