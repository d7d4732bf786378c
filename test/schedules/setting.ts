/** Schedules between a GitHub on loopback and a real Redis, with a clock of the test's own. Tasks are played by the store. */
import { pino } from "pino";
import { type RepositoryInfo, type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { type GitHub, makeGitHub } from "../../src/github.ts";
import { type Inbox, makeInbox } from "../../src/intake/inbox.ts";
import { type Request, requestNameOf, taskIdIn } from "../../src/intake/request.ts";
import { type ComeDeps, lookAtSchedule } from "../../src/schedules/come.ts";
import { readFile } from "../../src/schedules/read-file.ts";
import { survey } from "../../src/schedules/survey.ts";
import type { DueSet, Taken } from "../../src/task/due-set.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeScheduleStore, type ScheduleState, scheduleKey } from "../../src/task/schedules.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { closeGitHub } from "../support/close-github.ts";
import { startRedis } from "../support/redis.ts";
import { makeSpec, STARTS } from "../support/task-spec.ts";

export const FILE = ".github/orch.yml";
export const nightly = (more: Record<string, unknown> = {}) =>
  JSON.stringify({ schedules: { nightly: { cron: "0 3 * * *", run: "fix the flaky tests", ...more } } });

export type Setting = Awaited<ReturnType<typeof startSetting>>;

export async function startSetting() {
  const server = await startRedis();
  const simulator = await startSimulator();
  simulator.createUser("maintainer");
  const redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const log = pino({ level: "silent" });
  const github = appOf(simulator);
  const schedules = makeScheduleStore(redis);
  const [store, inbox] = [makeTaskStore(redis), makeInbox(redis)];
  let at = Date.UTC(2026, 0, 5, 12);
  let wakes = 0;
  const now = () => at;
  const wakeIntake = () => void wakes++;
  const deps: ComeDeps = { github, schedules, store, inbox, secret: "s", wakeIntake, now, log };
  let count = 0;

  async function repositoryWith(
    file: string | undefined,
    options: { private?: boolean } = {},
  ): Promise<RepositoryInfo> {
    count += 1;
    const files = { "README.md": "# Sample\n", ...(file !== undefined && { [FILE]: file }) };
    const collaborators = { maintainer: "write" as const };
    return await simulator.createRepository({
      owner: "octo-org",
      name: `s-${count}`,
      files,
      collaborators,
      ...options,
    });
  }

  /** Takes all that is due out of the set, and does it. */
  async function work(set: DueSet, deed: (taken: Taken) => Promise<void>): Promise<void> {
    for (let taken = await set.take(at, 100); taken.length > 0; taken = await set.take(at, 100))
      for (const each of taken) await deed(each);
  }

  const surveyed = () => survey(deps, async () => undefined);
  const readFiles = () => work(schedules.unread, (taken) => readFile(deps, taken));
  const look = () => work(schedules.due, (taken) => lookAtSchedule(deps, taken));

  return {
    simulator,
    redis,
    deps,
    schedules,
    store,
    inbox,
    repositoryWith,
    surveyed,
    readFiles,
    look,
    /** As a bot that starts: everything is looked at. */
    async learn() {
      await surveyed();
      await readFiles();
      await look();
    },
    now,
    wakes: () => wakes,
    /** The clock goes on to then; what is due by then comes. */
    async until(time: string) {
      at = Date.parse(time);
      await look();
    },
    setClock(time: string) {
      at = Date.parse(time);
    },
    state: (repository: RepositoryInfo, name = "nightly"): Promise<ScheduleState | undefined> =>
      schedules.state(scheduleKey(repository.id, name)),
    asked: (repository: RepositoryInfo, number: number) => askedOn(inbox, repository, number),
    /** What intake makes of a request: a task. Gives its id. */
    async takeIn(request: Request, title = "Flaky tests"): Promise<string> {
      const { repository, number, source } = request;
      const id = taskIdIn(request, 1);
      const origin = { line: 1, ...source } as never;
      await store.create(makeSpec({ id, repository, number, title, origin, acceptedAt: at }), STARTS);
      const name = requestNameOf(repository.id, source);
      await inbox.finish(name, `${repository.id}-${number}`, await inbox.read(name));
      return id;
    },
    settle: (id: string) => store.advance(id, { name: "cancel", reason: { kind: "command", by: "maintainer" }, at }),
    comments: (repository: RepositoryInfo, number: number) =>
      simulator.state.comments(repository, number).map(({ body }) => body),
    /** Requests to GitHub about the repository. */
    requests: ({ fullName }: RepositoryInfo) =>
      simulator.requests().filter(({ path }) => path.includes(`/${fullName}`)).length,
    async close() {
      redis.disconnect();
      await closeGitHub(simulator).finally(() => server.stop());
    },
  };
}

function appOf(simulator: Simulator): GitHub {
  const [protocol, host] = simulator.url.split("://") as ["http", string];
  const server = { protocol, host, apiUrl: `${simulator.url}/api/v3`, webUrl: simulator.url };
  const { id: appId, privateKey } = simulator.app;
  return makeGitHub({ appId, privateKey, github: server, throttle: false }, pino({ level: "silent" }));
}

/** The requests on an issue that wait for intake, oldest first. */
async function askedOn(inbox: Inbox, { id }: RepositoryInfo, number: number): Promise<Request[]> {
  const name = await inbox.first(`${id}-${number}`);
  const state = name === undefined ? undefined : await inbox.read(name);
  return state?.kind === "given" ? [state.request] : [];
}
