import { pino } from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import type { ContextResponse, TokenResponse } from "../../src/task/host-api.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { KEPT_MS, makeAhead, TASKS_AT_ONCE } from "../../src/workers-api/ahead.ts";
import { type BotSetting, startBotSetting } from "../support/bot.ts";
import { LANE, makeSpec } from "../support/task-spec.ts";

const TOKEN = { token: "sesame" } as TokenResponse;
const CONTEXT = { title: "Crash" } as ContextResponse;

describe("what is begun at acceptance", () => {
  let clock: number;
  let logged: string[];
  let asked: string[];
  let token: (spec: TaskSpec) => Promise<TokenResponse>;

  beforeEach(() => {
    vi.useFakeTimers();
    [clock, logged, asked] = [1_700_000_000_000, [], []];
    token = async () => TOKEN;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const makeOne = () =>
    makeAhead({
      give: {
        token: (spec) => {
          asked.push(spec.id);
          return token(spec);
        },
        context: async () => CONTEXT,
      },
      now: () => clock,
      log: pino({ level: "trace" }, { write: (line: string) => void logged.push(line) }),
    });
  const task = (number: number) => makeSpec({ commentId: number });
  const many = Array.from({ length: TASKS_AT_ONCE }, (_, index) => task(index + 1));
  const id = task(1).id;

  test("is handed out once, each half by itself", async () => {
    const ahead = makeOne();
    ahead.begin(task(1));
    expect(await ahead.take(task(2).id, "token")).toBeUndefined();
    expect([await ahead.take(id, "token"), await ahead.take(id, "token")]).toEqual([TOKEN, undefined]);
    expect([await ahead.take(id, "context"), await ahead.take(id, "context")]).toEqual([CONTEXT, undefined]);
    expect(logged.join()).not.toContain("sesame");
  });

  test("is waited for while it is under way", async () => {
    const { promise, resolve } = Promise.withResolvers<TokenResponse>();
    token = () => promise;
    const ahead = makeOne();
    ahead.begin(task(1));
    const taken = ahead.take(id, "token");
    resolve(TOKEN);
    expect(await taken).toBe(TOKEN);
  });

  test("is not handed out when it failed, be it before or after the run asked; the log tells why", async () => {
    const { promise, reject } = Promise.withResolvers<TokenResponse>();
    token = () => promise;
    const ahead = makeOne();
    ahead.begin(task(1));
    const early = ahead.take(id, "token");
    reject(new Error("bad gateway"));
    expect(await early).toBeUndefined();
    ahead.begin(task(2));
    await vi.advanceTimersByTimeAsync(0);
    expect(await ahead.take(task(2).id, "token")).toBeUndefined();
    expect(await ahead.take(task(2).id, "context")).toBe(CONTEXT);
    expect(logged.map((line) => JSON.parse(line))).toMatchObject([
      { task: id, what: "token", err: { message: "bad gateway" } },
      { task: task(2).id, what: "token", err: { message: "bad gateway" } },
    ]);
  });

  test.each(["token", "context"] as const)("is not handed out when it is too old: the %s", async (what) => {
    const ahead = makeOne();
    for (const number of [1, 2]) ahead.begin(task(number));
    clock += KEPT_MS[what] - 1;
    expect(await ahead.take(id, what)).toBeDefined();
    clock += 1;
    expect(await ahead.take(task(2).id, what)).toBeUndefined(); // even if the machine slept and no timer knows
  });

  test("is begun for so many tasks at a time, and dropped with time alone, which keeps no process alive", async () => {
    const ahead = makeOne();
    for (const spec of [...many, task(99)]) ahead.begin(spec);
    expect(asked).toEqual(many.map((spec) => spec.id));
    await vi.advanceTimersByTimeAsync(KEPT_MS.context - 1);
    ahead.begin(task(99));
    expect(asked).toHaveLength(TASKS_AT_ONCE);
    await vi.advanceTimersByTimeAsync(1);
    expect(await ahead.take(id, "context")).toBeUndefined(); // gone, though `now` stood still
    const timers = vi.spyOn(globalThis, "setTimeout");
    ahead.begin(task(99));
    expect(asked.at(-1)).toBe(task(99).id);
    expect(timers.mock.results.map(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([false]);
  });

  test("takes up its place as long as it is under way, however old", async () => {
    const { promise, resolve } = Promise.withResolvers<TokenResponse>();
    token = () => promise;
    const ahead = makeOne();
    for (const spec of many) ahead.begin(spec);
    await vi.advanceTimersByTimeAsync(2 * KEPT_MS.context);
    ahead.begin(task(99));
    expect(asked).toHaveLength(TASKS_AT_ONCE);
    resolve(TOKEN);
    await vi.advanceTimersByTimeAsync(0);
    ahead.begin(task(99));
    expect(asked.at(-1)).toBe(task(99).id);
  });

  test("makes room as soon as all of it is handed out", async () => {
    const ahead = makeOne();
    for (const spec of many) ahead.begin(spec);
    await ahead.take(id, "token");
    ahead.begin(task(98));
    await ahead.take(id, "context");
    await vi.advanceTimersByTimeAsync(0);
    ahead.begin(task(99));
    expect(asked).toEqual([...many.map((spec) => spec.id), task(99).id]);
  });
});

describe("the first requests of a run", () => {
  let orch: BotSetting;
  let late = 0;

  beforeAll(async () => {
    orch = await startBotSetting({ now: () => Date.now() + late });
    // The bot's own token for the installation is made once.
    await orch.comment(await orch.openIssue(), "/orch help");
    await orch.quiet();
  });
  afterAll(() => orch.close());

  const claim = (taskId: string, name = "a") =>
    orch.store.advance(taskId, {
      name: "claimed",
      host: `host-${name}`,
      claim: name,
      job: "job-1",
      lane: LANE,
      at: Date.now(),
    });
  const post = (path: string, body: object, secret?: string) => orch.ask(`/workers/${path}`, body, secret);
  const statuses = async (taskId: string, epoch = 1, secret?: string) => [
    (await post("tokens", { taskId, epoch, purpose: "fetch" }, secret)).status,
    (await post("context", { taskId, epoch }, secret)).status,
  ];
  /** An accepted task that a host has claimed, and how often GitHub was asked for what its run needs. */
  async function acceptedTask() {
    const number = await orch.openIssue();
    const before = orch.github.requests().length;
    const { id } = await orch.comment(number, "/orch fix it");
    await orch.quiet();
    await claim(orch.taskId(id));
    const times = (path: RegExp) =>
      orch.github.requests().filter((each, index) => index >= before && path.test(each.path)).length;
    const counts = () => [times(/\/access_tokens$/), times(/\/git\/ref\//), times(/\/graphql$/)];
    return { id: orch.taskId(id), counts };
  }

  test("are served by what was begun at acceptance, and the next ones by GitHub", async () => {
    const task = await acceptedTask();
    expect(await statuses(task.id)).toEqual([200, 200]);
    expect(task.counts()).toEqual([1, 1, 1]);
    expect(await statuses(task.id)).toEqual([200, 200]);
    expect(task.counts()).toEqual([2, 2, 2]);
  });

  test("get nothing of it before secret and run were checked", async () => {
    const task = await acceptedTask();
    expect(await statuses(task.id, 1, "wrong")).toEqual([401, 401]);
    expect(await statuses(task.id, 2)).toEqual([503, 503]); // the record may be older than that run
    await claim(task.id, "b"); // the second run
    expect(await statuses(task.id, 1)).toEqual([409, 409]);
    expect(await statuses(task.id, 2)).toEqual([200, 200]);
    expect(task.counts()).toEqual([1, 1, 1]);
  });

  test("ask GitHub anew when it is too old", async () => {
    const task = await acceptedTask();
    late += KEPT_MS.context;
    expect(await statuses(task.id)).toEqual([200, 200]);
    expect(task.counts()).toEqual([2, 2, 2]);
  });

  test("ask GitHub anew for what could not be had", async () => {
    const fault = orch.github.faults.api({ match: { path: /\/access_tokens$/ }, times: 1, action: { status: 502 } });
    const task = await acceptedTask();
    await fault.firing;
    expect(await statuses(task.id)).toEqual([200, 200]);
    expect(task.counts()).toEqual([2, 2, 1]);
  });

  test("never get a token to push from it", async () => {
    const task = await acceptedTask();
    await orch.store.advance(task.id, { name: "phase", epoch: 1, phase: "publishing", at: Date.now() });
    const given = await post("tokens", { taskId: task.id, epoch: 1, purpose: "push" });
    expect(await given.json()).not.toHaveProperty("tips");
    expect(await statuses(task.id)).toEqual([200, 200]);
    expect(task.counts()).toEqual([2, 1, 1]);
  });

  test("do not keep the bot from stopping while GitHub hangs", async () => {
    const stopped = Promise.withResolvers<void>();
    const action = { until: stopped.promise };
    const fault = orch.github.faults.api({ match: { path: /\/access_tokens$/ }, times: 1, action });
    await acceptedTask();
    await fault.firing;
    await orch.stopBot();
    stopped.resolve();
    await orch.startBot();
  }, 10_000);
});
