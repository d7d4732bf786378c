/** The App's side: where it hears, its installations, its tokens, its deliveries. */
import { deleteInstallation, setPermissions, setSuspended, uninstall } from "./actions/installations.ts";
import type { RepositoryRef, Simulator } from "./api.ts";
import { installationPayer } from "./auth/actor.ts";
import type { Installation, Repository } from "./store/model.ts";
import { installationOf } from "./store/store.ts";
import { idle, redeliver } from "./webhooks/webhooks.ts";
import type { World } from "./world.ts";

type AppControl =
  | "setWebhookUrl"
  | "setCallbackUrl"
  | "peopleTokens"
  | "suspendInstallation"
  | "unsuspendInstallation"
  | "setInstallationPermissions"
  | "deleteInstallation"
  | "uninstall"
  | "expireTokens"
  | "tokensIssued"
  | "setTokenFormat"
  | "setSecondaryLimits"
  | "usage"
  | "deliveries"
  | "redeliver"
  | "idle";

export function appControl(world: World, find: (ref: RepositoryRef) => Repository): Pick<Simulator, AppControl> {
  const installation = (id: number): Installation => {
    const found = world.store.installations.get(id);
    if (!found) throw new Error(`there is no installation ${id}`);
    return found;
  };
  return {
    setWebhookUrl(url) {
      world.webhooks.url = url;
    },
    setCallbackUrl(url) {
      world.signIns.callbackUrl = url;
    },
    peopleTokens: () => world.signIns.tokens.size,
    suspendInstallation: (id) => setSuspended(world, installation(id), true),
    unsuspendInstallation: (id) => setSuspended(world, installation(id), false),
    setInstallationPermissions: (id, permissions) => setPermissions(world, installation(id), permissions),
    deleteInstallation: (id) => deleteInstallation(world, installation(id)),
    uninstall(ref) {
      const repo = find(ref);
      const covering = installationOf(world.store, repo);
      if (covering) uninstall(world, covering, repo);
    },
    expireTokens() {
      for (const token of world.store.tokens.values()) token.expiresAt = 0;
    },
    tokensIssued: () =>
      world.store.issuedTokens.map(({ format, token, uses }) => ({ format, length: token.length, uses: { ...uses } })),
    setTokenFormat(format) {
      world.tokenFormat = format;
    },
    setSecondaryLimits(limits) {
      world.secondaryLimits.settings = { ...limits };
    },
    usage: (id) => world.usage.of(installationPayer(id)),
    deliveries: () => world.webhooks.log,
    async redeliver(id) {
      const record = await redeliver(world, id);
      if (!record) throw new Error(`there is no delivery ${id}`);
      return record;
    },
    idle: () => idle(world.webhooks),
  };
}
