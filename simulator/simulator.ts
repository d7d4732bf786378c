/**
 * Starts a GitHub on loopback: REST, signed webhooks, git over HTTP, pages. Everything is in this one process and one
 * folder, and gone after `close`. Verified against GitHub's published schema, not against GitHub (see README.md).
 */
import { EventEmitter } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RepositoryRef, Simulator, SimulatorOptions } from "./api.ts";
import { makeApp } from "./app-identity.ts";
import { appControl } from "./control-app.ts";
import { repositoryControl } from "./control-repositories.ts";
import { makeFaults } from "./faults.ts";
import { type Judge, makeJudge } from "./judge/judge.ts";
import { makeLimits } from "./limits.ts";
import { makePageView } from "./page-view.ts";
import { makePages } from "./pages/pages.ts";
import { makeDeeds } from "./people.ts";
import { makeSecondaryLimits } from "./secondary-limits.ts";
import { type Listening, listen, type PageHandler } from "./server.ts";
import { makeState } from "./state.ts";
import type { Repository } from "./store/model.ts";
import { makeSignIns } from "./store/sign-ins.ts";
import { makeStore, repositoryByName } from "./store/store.ts";
import { makeUsage } from "./usage.ts";
import { waitFor } from "./waiting.ts";
import { makeWebhooks } from "./webhooks/outbox.ts";
import { idle, releaseHeld } from "./webhooks/webhooks.ts";
import type { World } from "./world.ts";

export type { RepositoryInfo, Simulator, SimulatorOptions } from "./api.ts";

/** Shared by all simulators of a process: it keeps no state but its compiled schemas, and those take time to make. */
let sharedJudge: Judge | undefined;
const theJudge = (): Judge => {
  sharedJudge ??= makeJudge();
  return sharedJudge;
};

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
    limits: makeLimits({ core: options.requestsPerHour, graphql: options.pointsPerHour }),
    secondaryLimits: makeSecondaryLimits({ ...options.secondaryLimits }),
    usage: makeUsage(),
    signIns: makeSignIns(),
    judge: options.strict === false ? undefined : theJudge(),
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
  const removeData = async (): Promise<void> => {
    if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
  };
  const listening = await listen(options.port ?? 0, () => ({ world, pages })).catch(async (error: unknown) => {
    await removeData();
    throw error;
  });
  const port = (listening.server.address() as AddressInfo).port;
  world.url = `http://127.0.0.1:${port}`;
  const close = async (): Promise<void> => {
    world.webhooks.closing.abort();
    await listening.close();
    await idle(world.webhooks);
    // Pushes under way end with their connection; the folder may only go when git has let go of it.
    await Promise.allSettled([...world.turns.values()]);
    await removeData();
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
    app: { id, clientId, clientSecret: world.signIns.clientSecret, slug, privateKey, webhookSecret, botLogin, botId },
    ...repositoryControl(world, find),
    ...makeDeeds(world, find),
    ...appControl(world, find),
    state: makeState(find),
    faults: {
      api: (rule) => world.faults.addApi(rule),
      deliveries: (rule) => world.faults.addDelivery(rule),
      releaseHeld: () => releaseHeld(world),
    },
    requests: () => listening.requests,
    violations: () => world.violations,
    on: world.bus.on.bind(world.bus),
    off: world.bus.off.bind(world.bus),
    waitFor: (check, timeoutMs = 15_000) => waitFor(world.bus, check, timeoutMs),
    close,
  };
}
