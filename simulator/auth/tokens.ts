/**
 * Installation tokens in the two formats that GitHub issues: the classic `ghs_` with 36 characters, and the stateless
 * `ghs_APPID_JWT` of about 520 characters with two dots inside. Both are looked up here, never decoded.
 */
import { createSign } from "node:crypto";
import type { Installation, InstallationToken, Permissions } from "../store/model.ts";
import { randomName } from "../store/store.ts";
import type { World } from "../world.ts";

const lifeMs = 60 * 60 * 1000;

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

function statelessToken(world: World, installation: Installation, expiresAt: number): string {
  const header = encode({ alg: "RS256", typ: "JWT", kid: "simulator" });
  const claims = encode({
    iss: "simulator",
    sub: installation.id,
    exp: Math.floor(expiresAt / 1000),
    jti: randomName(24),
  });
  // Signed with the App's own key only because a key is at hand: nobody ever verifies it.
  const signature = createSign("RSA-SHA256").update(`${header}.${claims}`).sign(world.app.privateKey, "base64url");
  return `ghs_${world.app.id}_${header}.${claims}.${signature}`;
}

export function mintToken(
  world: World,
  installation: Installation,
  scope: { repositoryIds?: Set<number>; permissions: Permissions; format?: "classic" | "stateless" },
): InstallationToken {
  const expiresAt = Date.now() + lifeMs;
  const format = scope.format ?? world.tokenFormat;
  const token: InstallationToken = {
    token: format === "stateless" ? statelessToken(world, installation, expiresAt) : `ghs_${randomName(36)}`,
    installationId: installation.id,
    repositoryIds: scope.repositoryIds,
    permissions: scope.permissions,
    expiresAt,
    format,
    uses: { rest: 0, fetch: 0, push: 0 },
  };
  world.store.issuedTokens.push(token);
  world.store.tokens.set(token.token, token);
  return token;
}
