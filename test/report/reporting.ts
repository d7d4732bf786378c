/** A bot's reporting side on a simulated GitHub and a real Redis, with a clock that tests move. */

import { type Logger, pino } from "pino";
import { afterAll, afterEach, expect } from "vitest";
import { type RepositoryInfo, startSimulator } from "../../simulator/simulator.ts";
import { makeBudget } from "../../src/budget.ts";
import type { Fence } from "../../src/fence.ts";
import { makeGitHub, type Octokit } from "../../src/github.ts";
import { makeReporter } from "../../src/report/reporter.ts";
import { branchOf } from "../../src/task/branch.ts";
import type { Taken } from "../../src/task/due-set.ts";
import type { Finish } from "../../src/task/finish.ts";
import { keys } from "../../src/task/keys.ts";
import { ASKING_LABELS } from "../../src/task/labels.ts";
import { connectRedis, waitForRedis } from "../../src/task/redis.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import type { Task } from "../../src/task/task.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { startRedis } from "../support/redis.ts";
import { claimedBy, commentOf, makeSpec, STARTS } from "../support/task-spec.ts";
import { pushed } from "./sample-tasks.ts";

export const BOT = { as: "orch[bot]" };
export const MAINTAINER = { as: "maintainer" };

export type Reporting = Awaited<ReturnType<typeof startReporting>>;

/** One for a whole test file, emptied after each test, which also fails when GitHub was asked for what it does not know. */
export async function startReportingForFile() {
  const world = await startReporting();
  afterEach(async () => {
    expect(world.simulator.violations()).toEqual([]);
    await world.redis.flushall();
  });
  afterAll(() => world.stop());
  return world;
}

export async function startReporting() {
  const [simulator, server] = await Promise.all([startSimulator(), startRedis()]);
  const redis = connectRedis(server.url, "test");
  await waitForRedis(redis, 5_000);
  const store = makeTaskStore(redis);
  const log: Logger = pino({ level: "silent" });
  let offsetMs = 0;
  let repositories = 0;
  const now = () => Date.now() + offsetMs;

  /**
   * A reporter of a bot process of its own: nothing in memory is shared with another. `before` may hold up a request,
   * named by method and address.
   */
  function reporter(before?: (request: string) => Promise<void>) {
    const [protocol, host] = simulator.url.split("://") as ["http", string];
    const apiUrl = `${simulator.url}/api/v3`;
    const budget = makeBudget({ redis, now, log });
    const github = makeGitHub(
      {
        appId: simulator.app.id,
        privateKey: simulator.app.privateKey,
        github: { protocol, host, apiUrl, webUrl: simulator.url },
        throttle: false,
      },
      log,
      budget,
    );
    const hooked = new WeakSet<Octokit>();
    const forInstallation = async (id: number, fence?: Fence) => {
      const octokit = await github.forInstallation(id, fence);
      if (before && !hooked.has(octokit))
        octokit.hook.before("request", ({ method, url }) => before(`${method} ${url}`));
      hooked.add(octokit);
      return octokit;
    };
    const deps = {
      store,
      github: { ...github, forInstallation },
      budget,
      labels: ASKING_LABELS,
      commitStatus: false,
      secret: "marker secret",
      webUrl: simulator.url,
      now,
      log,
      paused: async () => ({}),
      teamOf: async () => undefined,
      hasForgotten: async () => (await redis.exists(keys.forgetful)) === 1,
      hosts: async () => [],
      followUp: async () => undefined,
    };
    const made = makeReporter(deps);
    const report = async (id: string) => await made.report(await takeNow(id));
    return { start: made.start, stop: made.stop, report, reportTaken: made.report, deps };
  }

  let taking: Promise<unknown> = Promise.resolve();

  /** Takes the task for a report, whenever it is due and whoever has it, as when a lease has run out. */
  function takeNow(id: string): Promise<Taken> {
    const took = taking.then(async () => {
      await redis.zadd(keys.unreported, 0, id);
      const [taken] = await store.reports.take(now(), 1);
      if (taken?.member !== id) throw new Error(`${id} could not be taken`);
      return taken;
    });
    taking = took.catch(() => undefined);
    return took;
  }

  async function repository(): Promise<RepositoryInfo> {
    repositories += 1;
    const name = `sample-${repositories}`;
    const collaborators = { maintainer: "write" as const };
    return await simulator.createRepository({ owner: "octo-org", name, files: { "a.txt": "one\n" }, collaborators });
  }

  /** A queued task under a new issue, or under the given issue or pull request. */
  async function task(
    repo: RepositoryInfo,
    given: Partial<Pick<TaskSpec, "number" | "target" | "instruction" | "title">> = {},
  ): Promise<TaskSpec> {
    const number = given.number ?? (await simulator.openIssue(repo, { ...MAINTAINER, title: "Sum is wrong" })).number;
    const comment = await simulator.comment(repo, number, "/orch fix the failing tests", MAINTAINER);
    const spec = makeSpec({
      // Neighbours differ in what they begin with, as real ids do.
      id: `t${[...String(comment.id)]
        .reverse()
        .map((digit) => "abcdefghij"[Number(digit)] ?? "a")
        .join("")
        .padEnd(15, "z")}`,
      installationId: repo.installationId,
      repository: { id: repo.id, owner: repo.owner, name: repo.name },
      title: "Sum is wrong",
      ...given,
      number,
      origin: {
        kind: "comment",
        id: comment.id,
        line: 1,
        url: `${simulator.url}/${repo.fullName}/issues/${number}#issuecomment-${comment.id}`,
      },
      requestedAt: Date.now(),
      acceptedAt: now(),
    });
    await store.create(spec, STARTS);
    return spec;
  }

  /** Its agent works. */
  async function claim(id: string): Promise<void> {
    await store.advance(id, claimedBy("h1", now()));
    await store.advance(id, { name: "phase", epoch: 1, phase: "working", at: now() });
  }

  /** The task as after a push: its branch is on GitHub with one commit. */
  async function push(
    repo: RepositoryInfo,
    spec: TaskSpec,
    branch = branchOf(spec),
    summary?: string,
    finish?: Finish,
  ): Promise<string> {
    await claim(spec.id);
    const sha = await simulator.commit(repo, branch, { "a.txt": "two\n" }, "Repair the sum", "maintainer");
    const evidence = { ...pushed, branch, sha, base: "main" };
    await store.advance(spec.id, {
      name: "pushed",
      epoch: 1,
      pushed: evidence,
      progress: { ...(summary !== undefined && { summary }), ...(finish && { finish }) },
      at: now(),
    });
    return sha;
  }

  async function settle(id: string): Promise<Task | undefined> {
    const outcome = { kind: "no_changes" as const, lastWords: "Nothing to do." };
    const version = (await store.read(id))?.version ?? 0;
    return await store.advance(id, { name: "given_up", version, outcome, at: now() });
  }

  /** Our comments under the task's issue. */
  function comments(spec: TaskSpec): string[] {
    const all = simulator.state.comments(`octo-org/${spec.repository.name}`, spec.number);
    return all.filter(({ user }) => user.id === simulator.app.botId).map(({ body }) => body);
  }

  const reactions = (spec: TaskSpec) =>
    simulator.state.reactions(`octo-org/${spec.repository.name}`, commentOf(spec)).map(({ content }) => content);

  const labels = (spec: TaskSpec) => simulator.state.labels(`octo-org/${spec.repository.name}`, spec.number);

  const isReported = async (id: string) => (await redis.zscore(keys.unreported, id)) === null;

  /** When the task is looked at again, ms from now; undefined when it is reported. */
  async function dueIn(id: string): Promise<number | undefined> {
    const at = await redis.zscore(keys.unreported, id);
    return at === null ? undefined : Number(at) - now();
  }

  async function stop(): Promise<void> {
    redis.disconnect();
    await simulator.close();
    await server.stop();
  }

  return {
    simulator,
    server,
    redis,
    store,
    reporter,
    takeNow,
    repository,
    task,
    claim,
    push,
    settle,
    comments,
    reactions,
    labels,
    isReported,
    dueIn,
    now,
    advanceClock: (ms: number) => {
      offsetMs += ms;
    },
    stop,
  };
}
