/**
 * Starts a GitHub on loopback: REST, signed webhooks, git over HTTP, pages. Everything is in this one process and one
 * folder, and gone after `close`. Verified against GitHub's published schema, not against GitHub (see README.md).
 */
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteInstallation, install, setSuspended, uninstall } from "./actions/installations.ts";
import { commitFiles, createRepository, deleteBranch, forkRepository, setArchived } from "./actions/repositories.ts";
import type { RepositoryInfo, RepositoryRef, Simulator, SimulatorOptions } from "./api.ts";
import { makeApp } from "./app-identity.ts";
import { makeFaults } from "./faults.ts";
import { makeJudge } from "./judge/judge.ts";
import { makeLimits } from "./limits.ts";
import { makePageView } from "./page-view.ts";
import { makePages } from "./pages/pages.ts";
import { byLogin, makeDeeds } from "./people.ts";
import { type Listening, listen, type PageHandler } from "./server.ts";
import { makeState } from "./state.ts";
import type { Installation, Repository } from "./store/model.ts";
import { ensureAccount, fullName, installationOf, makeStore, repositoryByName } from "./store/store.ts";
import { waitFor } from "./waiting.ts";
import { makeWebhooks } from "./webhooks/webhooks.ts";
import type { World } from "./world.ts";

export type {
  Files,
  LogEntry,
  RepositoryInfo,
  RepositoryRef,
  Simulator,
  SimulatorOptions,
  State,
} from "./api.ts";
export type { FaultHandle } from "./faults.ts";
export type { RequestRecord } from "./server.ts";
export type { DeliveryRecord } from "./webhooks/webhooks.ts";

async function makeWorld(options: SimulatorOptions, dataDir: string): Promise<World> {
  const store = makeStore();
  return {
    url: "",
    dataDir,
    store,
    app: await makeApp(store, options),
    tokenFormat: options.tokenFormat ?? "classic",
    webhooks: makeWebhooks(options.webhookTimeoutMs ?? 10_000),
    faults: makeFaults(),
    limits: makeLimits(options.contentPerMinute),
    judge: options.strict === false ? undefined : makeJudge(),
    violations: [],
    turns: new Map(),
    bus: new EventEmitter().setMaxListeners(0),
    log: options.log ?? (() => {}),
  };
}

export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), "simulator-")));
  const world = await makeWorld(options, dataDir);
  const pages: PageHandler = makePages(makePageView(world));
  const listening = await listen(options.port ?? 0, () => ({ world, pages }));
  const port = (listening.server.address() as AddressInfo).port;
  world.url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    world.webhooks.close();
    await listening.close();
    await world.webhooks.idle();
    // Pushes under way end with their connection; the folder may only go when git has let go of it.
    await Promise.allSettled([...world.turns.values()]);
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  return assemble(world, listening, port, close);
}

function assemble(world: World, listening: Listening, port: number, close: () => Promise<void>): Simulator {
  const find = (ref: RepositoryRef): Repository => {
    const [owner = "", name = ""] = typeof ref === "string" ? ref.split("/") : [ref.owner, ref.name];
    const repo = repositoryByName(world.store, owner, name);
    if (!repo) throw new Error(`there is no repository ${owner}/${name}`);
    return repo;
  };
  const { id, clientId, slug, privateKey, webhookSecret, botLogin, botId } = world.app;
  return {
    url: world.url,
    port,
    app: { id, clientId, slug, privateKey, webhookSecret, botLogin, botId },
    ...repositoryControl(world, find),
    ...makeDeeds(world, find),
    ...appControl(world, find),
    state: makeState(find),
    faults: {
      api: (rule) => world.faults.addApi(rule),
      deliveries: (rule) => world.faults.addDelivery(rule),
      releaseHeld: () => world.webhooks.releaseHeld(world),
    },
    requests: () => listening.requests,
    violations: () => world.violations,
    on: world.bus.on.bind(world.bus),
    off: world.bus.off.bind(world.bus),
    waitFor: (check, timeoutMs = 15_000) => waitFor(world.bus, check, timeoutMs),
    close,
  };
}

function infoOf(world: World, repo: Repository): RepositoryInfo {
  return {
    id: repo.id,
    owner: repo.owner.login,
    name: repo.name,
    fullName: fullName(repo),
    installationId: installationOf(world.store, repo)?.id ?? 0,
    defaultBranch: "main",
    cloneUrl: `${world.url}/${fullName(repo)}.git`,
  };
}

type RepositoryControl =
  | "createUser"
  | "createRepository"
  | "fork"
  | "commit"
  | "deleteBranch"
  | "archive"
  | "unarchive"
  | "setPermission";

function repositoryControl(world: World, find: (ref: RepositoryRef) => Repository): Pick<Simulator, RepositoryControl> {
  const changed = <T>(value: T): T => {
    world.bus.emit("change");
    return value;
  };
  const ownerOf = (ref: RepositoryRef): string => find(ref).owner.login;
  const setPermission: Simulator["setPermission"] = (ref, login, role) => {
    const account = ensureAccount(world.store, login, "User");
    if (role) find(ref).roles.set(account.id, role);
    else find(ref).roles.delete(account.id);
    changed(undefined);
  };
  return {
    createUser(login) {
      const { id, token } = ensureAccount(world.store, login, "User");
      if (token === undefined) throw new Error(`${login} is not a person`);
      return { login, id, token };
    },
    async createRepository({
      owner,
      name,
      private: isPrivate = false,
      files,
      collaborators = {},
      install: wanted = true,
    }) {
      const account = ensureAccount(world.store, owner, "Organization");
      const repo = await createRepository(world, account, { name, private: isPrivate, files, author: account });
      for (const [login, role] of Object.entries(collaborators)) setPermission(`${owner}/${name}`, login, role);
      if (wanted) install(world, repo, account);
      return changed(infoOf(world, repo));
    },
    async fork(ref, { as }) {
      return changed(infoOf(world, await forkRepository(world, find(ref), byLogin(world, as).account)));
    },
    async commit(ref, branch, files, message, as) {
      const by = byLogin(world, as ?? ownerOf(ref));
      return changed(await commitFiles(world, find(ref), by, { branch, files, message }));
    },
    async deleteBranch(ref, branch, as) {
      changed(await deleteBranch(world, find(ref), byLogin(world, as ?? ownerOf(ref)), branch));
    },
    archive: (ref) => changed(setArchived(world, find(ref), true)),
    unarchive: (ref) => changed(setArchived(world, find(ref), false)),
    setPermission,
  };
}

type AppControl =
  | "setWebhookUrl"
  | "suspendInstallation"
  | "unsuspendInstallation"
  | "deleteInstallation"
  | "uninstall"
  | "expireTokens"
  | "setTokenFormat"
  | "setContentLimit"
  | "deliveries"
  | "redeliver"
  | "idle";

function appControl(world: World, find: (ref: RepositoryRef) => Repository): Pick<Simulator, AppControl> {
  const installation = (id: number): Installation => {
    const found = world.store.installations.get(id);
    if (!found) throw new Error(`there is no installation ${id}`);
    return found;
  };
  return {
    setWebhookUrl(url) {
      world.webhooks.url = url;
    },
    suspendInstallation: (id) => setSuspended(world, installation(id), true),
    unsuspendInstallation: (id) => setSuspended(world, installation(id), false),
    deleteInstallation: (id) => deleteInstallation(world, installation(id)),
    uninstall(ref) {
      const repo = find(ref);
      const covering = installationOf(world.store, repo);
      if (covering) uninstall(world, covering, repo);
    },
    expireTokens() {
      for (const token of world.store.tokens.values()) token.expiresAt = 0;
    },
    setTokenFormat(format) {
      world.tokenFormat = format;
    },
    setContentLimit(perMinute) {
      world.limits.contentPerMinute = perMinute;
    },
    deliveries: () => world.webhooks.log,
    async redeliver(id) {
      const record = await world.webhooks.redeliver(world, id);
      if (!record) throw new Error(`there is no delivery ${id}`);
      return record;
    },
    idle: () => world.webhooks.idle(),
  };
}
