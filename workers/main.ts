/**
 * The worker host's program: settings, sandbox, Redis, then the host. SIGTERM or SIGINT: a planned restart, agents go
 * on in their sessions for the next life of this host. SIGUSR2: drain, ends when the last run ends. A second signal ends
 * at once, which is safe too.
 */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { flushCompileCache } from "node:module";
import { hostname } from "node:os";
import { join } from "node:path";
import { ConfigError, type HostConfig, readHostConfig } from "../src/config.ts";
import { type Logger, makeLog } from "../src/log.ts";
import { leastOf } from "../src/settings/resources.ts";
import { openBotFolder } from "../src/task/bot-folder.ts";
import { type HostInfo, register, unregister } from "../src/task/hosts.ts";
import { connectBlockingRedis, connectRedis, waitForRedis } from "../src/task/redis.ts";
import { checkRedisFitness } from "../src/task/redis-fitness.ts";
import { openRedisWarning, ownRedisProblem } from "../src/task/redis-reach.ts";
import { makeTaskStore } from "../src/task/store.ts";
import { VERSION } from "../src/task/version.ts";
import { accountOf } from "./agents/account.ts";
import { takesModel } from "./agents/model.ts";
import { dataProblems, exposures, ownPlaces } from "./agents/readiness.ts";
import { makeBotClient } from "./bot-client.ts";
import { waitForRoom } from "./disk/room-to-start.ts";
import { makeHost } from "./host.ts";
import { claimIdentity, type HostIdentity } from "./host-identity.ts";
import { inForce, meansOf } from "./limits/in-force.ts";
import { openGroups } from "./limits/open-groups.ts";
import { listedThoughNever, narrowsInVain } from "./network/make-policy.ts";
import { NetworkError, openNetwork } from "./network/network.ts";
import { watchOwnEndpoints } from "./network/own-endpoints.ts";
import { refuseSecondHost } from "./only-one.ts";
import { type OperatorFile, readOperatorFile } from "./operator-file.ts";
import { offersOf } from "./roles/offers.ts";
import { capsOf } from "./run/budget.ts";
import type { Shared } from "./run/run.ts";
import { ConfinementError } from "./sandbox/confinement.ts";
import { NONE_WARNING } from "./sandbox/none.ts";
import { chooseDriver, SandboxError } from "./sandbox/sandbox.ts";
import { proxyUid, slotUsers } from "./sandbox/slot-users.ts";
import { openTalkPlace, PERL } from "./talk-back/talk-place.ts";
import { openSessions } from "./tmux/sessions.ts";
import { drainWhenTold, onFirstSignal } from "./when-to-end.ts";

const EXIT_CONFIG = 78;
const REDIS_WAIT_MS = 60_000;

async function main(): Promise<void> {
  // Slot users must be able to pass the folders that are made for them, whatever umask the host was started with.
  process.umask(0o022);
  const { config, operator } = await readSettings();
  const log = makeLog(config.logLevel, "worker");
  const hostDir = join(config.dataDir, "host");
  await roomToStart(config.dataDir, log);
  const identity = await claimIdentity(hostDir);
  identity.lost.then(() => {
    log.fatal(
      "the program that holds this host's lock was ended from outside: ending, too, before there are two hosts",
    );
    process.exit(1);
  });
  const cleanExit = join(hostDir, "clean-exit");
  const crashed = existsSync(join(hostDir, "runs")) && !existsSync(cleanExit);

  const talk = openTalkPlace(hostDir);
  if (!talk) log.warn(`there is no ${PERL} on this machine (Debian package perl-base): agents cannot talk back`);
  const { users, network, own, driver } = await confine(config, operator, hostDir, log);
  const groups = openGroups(identity.id);
  const means = meansOf(groups, driver, users[0]);
  const redis = connectRedis(config.redisUrl, "worker");
  const subscriber = connectBlockingRedis(config.redisUrl, "worker-news");
  await waitForRedis(redis, REDIS_WAIT_MS);
  const fitness = await checkRedisFitness(redis);
  if (fitness.problems.length > 0) throw new ConfigError(fitness.problems);
  const open = driver.name === "none" ? openRedisWarning(config.redisUrl) : undefined;
  for (const warning of [...fitness.warnings, ...(open ? [open] : [])]) log.warn(warning);
  await refuseSecondHost(redis, identity, config.dataDir);
  const sessions = await openSessions({ hostId: identity.id, dir: join(hostDir, "tmux") });
  const shared: Shared = {
    hostId: identity.id,
    place: identity.place,
    dataDir: config.dataDir,
    redis,
    store: makeTaskStore(redis),
    bot: makeBotClient(config.bot, config.workerSecret, log),
    sessions,
    driver,
    network,
    groups,
    talk,
    never: own.current,
    operator,
    env: process.env,
    log,
  };
  const info = describe(identity, operator, driver.name);
  info.inForce = inForce(leastOf(operator.limits), means);
  log.info({ groups: groups?.version ?? "none", inForce: info.inForce }, "what runs may use of this machine");
  const announce = async (news: Partial<HostInfo>) => await register(redis, Object.assign(info, news), Date.now());
  await announce({});
  const isAnothers = () => {
    log.fatal(
      "another worker host goes by this host's id, with a copy of its data folder: ending, before both work on the same tasks. Remove the folder host in the copy, or this one, and start again",
    );
    process.exit(EXIT_CONFIG);
  };
  const host = makeHost({ shared, subscriber, users, crashed, announce, isAnothers });
  // From here on an end that nobody chose counts as a crash; a start that fails harms no run, however often.
  rmSync(cleanExit, { force: true });
  const chosenEnd = () => writeFileSync(cleanExit, "");
  const started = host.start();
  // Redis may be away; the host ends all the same.
  const say = (news: Promise<void>) =>
    news.catch((error: unknown) => log.warn({ err: error }, "Redis does not hear that this host ends"));

  const finish = async (how: "handOver" | "drain") => {
    log.info({ runs: host.runs() }, how === "drain" ? "draining: no new work" : "planned restart: agents go on");
    // Whatever cuts a restart short; a drain takes hours, in which the host can still crash.
    if (how === "handOver") chosenEnd();
    await started;
    await say(announce({ draining: true }));
    await host[how]();
    if (how === "drain") await say(unregister(redis, identity.id));
    chosenEnd();
    await sessions.close();
    groups?.close();
    network?.release();
    process.exit(0);
  };
  onFirstSignal(finish, chosenEnd, log);
  await drainWhenTold(subscriber, identity.id);
  await started.catch((error: unknown) => {
    chosenEnd();
    throw error;
  });
  log.info({ host: info.id, slots: info.slots, agents: info.agents }, "worker host ready");
  // Node does so at the end only, which a host that is killed does not have: the next one would compile everything again.
  flushCompileCache();
}

async function roomToStart(dataDir: string, log: Logger): Promise<void> {
  mkdirSync(dataDir, { recursive: true, mode: 0o711 });
  const say = (text: string) => log.error({ dataDir }, text);
  await waitForRoom({ dataDir, say, onRoom: () => log.info("there is room on the disk again: starting") });
}

/** The walls around what this host runs: proven, or it does not start. */
async function confine(config: HostConfig, operator: OperatorFile, hostDir: string, log: Logger) {
  const users = await slotUsers(operator.slots, process.getuid?.() ?? 0, operator.sandboxBaseUid);
  const hidden = hiddenPlaces(config, hostDir);
  const own = await watchOwnEndpoints(config);
  const listed = listedThoughNever(operator, own.current());
  if (listed.length > 0) throw new ConfigError(listed.map((problem) => `${config.configFile}: ${problem}`));
  const confined = operator.sandbox !== "none";
  const network = confined
    ? await openNetwork({ dir: join(hostDir, "network"), uid: proxyUid(users), log })
    : undefined;
  const { driver, selfTest } = await chooseDriver({
    mode: operator.sandbox,
    dir: join(hostDir, "sandbox"),
    users,
    hidden,
    network,
  });
  if (driver.name === "none") log.warn(NONE_WARNING);
  const vain = narrowsInVain(operator);
  if (vain) log.warn(vain);
  const passed = selfTest.filter((probe) => probe.passed).length;
  log.info({ sandbox: driver.name, probes: passed }, "sandbox self-test passed");
  return { users, network, own, driver };
}

/** What no agent may see. That a path is hidden is proven only where it is there, so these are made. */
function hiddenPlaces({ bot, dataDir }: HostConfig, hostDir: string): string[] {
  if (bot.kind === "folder") openBotFolder(bot.folder);
  for (const name of ["runs", "sessions", "tmux"]) mkdirSync(join(hostDir, name), { recursive: true, mode: 0o700 });
  const names = [
    "worker-secret",
    "redis",
    "bot",
    "host/runs",
    "host/sessions",
    "host/tmux",
    "host/network",
    "host/talk",
  ];
  const places = names.map((name) => join(dataDir, name));
  return bot.kind === "folder" ? [...new Set([...places, bot.folder])] : places;
}

function describe({ id, place }: HostIdentity, operator: OperatorFile, sandbox: HostInfo["sandbox"]): HostInfo {
  return {
    id,
    place,
    name: hostname(),
    version: VERSION,
    pid: process.pid,
    slots: operator.slots,
    sandbox,
    agents: [...operator.agents.keys()],
    defaultAgent: operator.defaultAgent,
    accounts: Object.fromEntries(
      [...operator.agents.values()].map((agent) => [agent.name, accountOf(agent, process.env)]),
    ),
    roles: offersOf(operator.roles),
    draining: false,
    startedAt: Date.now(),
    limits: operator.limits,
    budget: capsOf(operator),
    ...(operator.team?.limits && { team: operator.team.limits }),
    tellable: [...operator.agents.values()].flatMap(({ name, kind }) => (takesModel(kind) ? [name] : [])),
    models: Object.fromEntries(
      [...operator.agents.values()].flatMap(({ name, model }) => (model === undefined ? [] : [[name, model]])),
    ),
  };
}

/** Both sources' problems in one error. */
async function readSettings(): Promise<{ config: HostConfig; operator: OperatorFile }> {
  const problems: string[] = [];
  const attempt = <T>(read: () => T): T | undefined => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return undefined;
    }
  };
  const config = attempt(() => readHostConfig(process.env));
  const operator = attempt(() => readOperatorFile(process.env.ORCH_CONFIG));
  if (config && operator) problems.push(...exposures(operator.agents.values(), ownPlaces(process.env, config.dataDir)));
  if (config && operator && operator.sandbox !== "none") problems.push(...dataProblems(config.dataDir));
  const shared = config && operator?.sandbox === "none" ? await ownRedisProblem(config.redisUrl) : undefined;
  if (shared) problems.push(shared);
  if (!config || !operator || problems.length > 0) throw new ConfigError(problems);
  return { config, operator };
}

main().catch((error: unknown) => {
  const isConfig = error instanceof ConfigError || error instanceof SandboxError || error instanceof ConfinementError;
  const isPlain = isConfig || error instanceof NetworkError;
  process.stderr.write(`${isPlain ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(isConfig ? EXIT_CONFIG : 1);
});
