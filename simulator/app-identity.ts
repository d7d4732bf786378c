/**
 * The App that is registered at this GitHub: key, secrets, bot account, permissions and events. The permissions are
 * what Orch's manifest asks for; note that `workflows` is not among them.
 */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import type { AppIdentity, Permissions } from "./store/model.ts";
import { ensureAccount, randomName, type Store, timestamp } from "./store/store.ts";

const defaultPermissions: Permissions = {
  checks: "write",
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
  statuses: "write",
};

const defaultEvents = [
  "check_run",
  "check_suite",
  "create",
  "delete",
  "issue_comment",
  "issues",
  "label",
  "pull_request",
  "pull_request_review",
  "pull_request_review_comment",
  "push",
  "repository",
  "status",
];

const makeKey = () =>
  promisify(generateKeyPair)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });

/** One key per process: making it takes longer than everything else at start. */
let sharedKey: ReturnType<typeof makeKey> | undefined;
const theKey = () => {
  sharedKey ??= makeKey();
  return sharedKey;
};

export async function makeApp(
  store: Store,
  given: { permissions?: Permissions; events?: readonly string[] },
): Promise<AppIdentity> {
  const owner = ensureAccount(store, "app-owner", "User");
  const bot = ensureAccount(store, "orch[bot]", "Bot");
  const { privateKey, publicKey } = await theKey();
  return {
    id: 910_001,
    clientId: `Iv23li${randomName(14)}`,
    slug: "orch",
    privateKey,
    publicKey,
    webhookSecret: randomName(40),
    botLogin: "orch[bot]",
    botId: bot.id,
    owner,
    bot,
    permissions: given.permissions ?? defaultPermissions,
    events: [...(given.events ?? defaultEvents)],
    createdAt: timestamp(),
  };
}
