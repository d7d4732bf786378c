/** Which sessions are kept, for whom they can be taken, and when they go. */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { AgentDefinition } from "../../../workers/agents/adapter.ts";
import { clearKeptSessions } from "../../../workers/kept-sessions/clear-kept-sessions.ts";
import { keepSession } from "../../../workers/kept-sessions/keep-session.ts";
import { canGoOn, keptSession, sessionsDir } from "../../../workers/kept-sessions/kept-session.ts";
import { type Continues, takeSession } from "../../../workers/kept-sessions/take-session.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { noneDriver } from "../../../workers/sandbox/none.ts";
import { type Machine, openMachine } from "../support/machine.ts";
import { asUser, type EndedRun, type Slots, startTasks } from "./support.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.close());

type Tasks = Awaited<ReturnType<typeof startTasks>>;
type KeptRun = Awaited<ReturnType<Tasks["run"]>>;

const homeOf = ({ home }: KeptRun, script: string) => asUser(home.user, home.workspace.homeDir, script);
const agentOf = ({ operator }: Shared, name: string) => operator.agents.get(name) as AgentDefinition;
const nameOf = ({ folder }: Run) => folder.record.prepared?.agent ?? "";
const keptOf = (shared: Shared, { task }: Run) => keptSession(shared.dataDir, task.spec.id).read();

/** A task whose agent has left this in its home; its session is kept, if it is. */
async function ended({ shared, run }: Tasks, script: string, about: EndedRun) {
  const earlier = await run(about);
  homeOf(earlier, script);
  await keepSession(shared, earlier);
  const continues: Continues = {
    taskId: earlier.task.spec.id,
    agent: about.agent,
    sessionId: about.sessionId ?? "s",
  };
  return { earlier, continues };
}

/** A later task that is to go on with a session, in the other slot. */
async function goesOn(
  { shared, run }: Tasks,
  continues: Continues,
  agent = continues.agent,
  more: Partial<EndedRun> = {},
) {
  const later = await run({ agent, slot: 1, ...more });
  const taker = { continues, agent: agentOf(shared, agent), workspace: later.home.workspace };
  return { taken: await takeSession(shared, later, taker), later };
}

const LEFT = "mkdir -p .own; printf memory > .own/session; printf hook > .npmrc";

/** Without mounts; nothing is started by it here. */
const none: Slots["driver"] = noneDriver({
  programs: { setpriv: "setpriv", nice: "nice", prlimit: "prlimit", env: "env" },
  limits: { processes: 100, fileBytes: 1e9 },
  hostUid: 0,
});

describe("a session", () => {
  test("is kept where only the host looks, and goes on in another slot with what it has used", async () => {
    const tasks = await startTasks(machine);
    const { shared } = tasks;
    const used = { inputTokens: 100, outputTokens: 10, cachedTokens: 0 };
    const about = { agent: "own", sessionId: "s-1", resumed: { sessionId: "s-1", used } };
    const { earlier, continues } = await ended(tasks, LEFT, about);
    const dir = sessionsDir(shared.dataDir);
    expect([dir, join(dir, earlier.task.spec.id)].map((path) => lstatSync(path).mode & 0o777)).toEqual([0o700, 0o700]);
    const { treeDir } = earlier.home.workspace.inside;
    expect(keptOf(shared, earlier)).toMatchObject({ agent: "own", sessionId: "s-1", treeDir, used, repositoryId: 11 });

    const { taken, later } = await goesOn(tasks, continues);
    expect(taken).toEqual({ sessionId: "s-1", used });
    expect(homeOf(later, "ls -A; cat .own/session")).toBe(".own\nmemory");
    expect((await goesOn(tasks, continues)).taken).toEqual({ sessionId: "s-1", used });
  });

  test("that its agent counts is kept with that count", async () => {
    const tasks = await startTasks(machine);
    const run = await tasks.run({ agent: "own", sessionId: "s-1" });
    run.spoken.hear({ type: "usage", inputTokens: 7, outputTokens: 1, scope: "step" });
    homeOf(run, LEFT);
    await keepSession(tasks.shared, run);
    expect(keptOf(tasks.shared, run)?.used).toEqual({ inputTokens: 7, outputTokens: 1, cachedTokens: 0 });
  });

  test.each([
    ["was never named", { agent: "own" }, LEFT],
    ["has an id that looks like an option", { agent: "own", sessionId: "--settings=x" }, LEFT],
    ["has left no file", { agent: "own", sessionId: "s" }, "true"],
    ["is of an agent that keeps none", { agent: "script", sessionId: "s" }, LEFT],
    ["is of an agent whose files nobody knows", { agent: "forgetful", sessionId: "s" }, LEFT],
    ["is of an agent that is not there any more", { agent: "gone", sessionId: "s" }, LEFT],
  ])("that %s is not kept, and that harms nobody", async (_, about, script) => {
    const tasks = await startTasks(machine);
    const { earlier, continues } = await ended(tasks, script, about);
    expect(keptOf(tasks.shared, earlier)).toBeUndefined();
    if (about.agent !== "gone") expect((await goesOn(tasks, continues)).taken).toEqual({ why: "gone" });
  });

  test("is not kept where the operator wants none", async () => {
    const tasks = await startTasks(machine, "keepSessionDays: 0");
    const { earlier } = await ended(tasks, LEFT, { agent: "own", sessionId: "s" });
    expect(keptOf(tasks.shared, earlier)).toBeUndefined();
    expect(existsSync(sessionsDir(tasks.shared.dataDir))).toBe(false);
  });

  test("goes on with nobody but its own agent, in its own repository, under its own id", async () => {
    const tasks = await startTasks(machine);
    const { continues } = await ended(tasks, LEFT, { agent: "own", sessionId: "s-1" });
    const why = async (...given: [Continues, string?, Partial<EndedRun>?]) => (await goesOn(tasks, ...given)).taken;
    expect(await why(continues, "other")).toEqual({ why: "of another agent" });
    expect(await why({ ...continues, agent: "other" }, "own")).toEqual({ why: "of another agent" });
    expect(await why({ ...continues, sessionId: "s-2" })).toEqual({ why: "gone" });
    expect(await why({ ...continues, taskId: "tnever" })).toEqual({ why: "gone" });
    expect(await why({ ...continues, taskId: "../../etc" })).toEqual({ why: "unusable" });
    const elsewhere = { repository: { id: 12, owner: "octo-org", name: "other" } };
    expect(await why(continues, "own", { spec: elsewhere })).toEqual({ why: "gone" });
    expect(await why(continues)).toMatchObject({ sessionId: "s-1" });
  });

  test("that is too large is not kept, and that is known later", async () => {
    const tasks = await startTasks(machine);
    const script = "mkdir .own; truncate -s 300M .own/hole";
    const { earlier, continues } = await ended(tasks, script, { agent: "own", sessionId: "s" });
    const files = readdirSync(join(sessionsDir(tasks.shared.dataDir), earlier.task.spec.id));
    expect(files).toEqual(["session.json"]);
    expect((await goesOn(tasks, continues)).taken).toEqual({ why: "too large" });
  });

  test("whose pack is gone or broken, or whose record is cut off, is none, and leaves nothing in the home", async () => {
    const tasks = await startTasks(machine);
    const { earlier, continues } = await ended(tasks, LEFT, { agent: "own", sessionId: "s" });
    const dir = join(sessionsDir(tasks.shared.dataDir), earlier.task.spec.id);
    writeFileSync(join(dir, "session.tar"), readFileSync(join(dir, "session.tar")).subarray(0, 1_000));
    const { taken, later } = await goesOn(tasks, continues);
    expect(taken).toEqual({ why: "unusable" });
    expect(homeOf(later, "ls -A")).toBe("");
    rmSync(join(dir, "session.tar"));
    expect((await goesOn(tasks, continues)).taken).toEqual({ why: "unusable" });
    writeFileSync(join(dir, "session.json"), '{"agent":"own"');
    expect((await goesOn(tasks, continues)).taken).toEqual({ why: "gone" });
  });

  test("of a later run of the same task takes the place of the earlier one's", async () => {
    const tasks = await startTasks(machine);
    const { earlier, continues } = await ended(tasks, LEFT, { agent: "own", sessionId: "s" });
    homeOf(earlier, "printf more > .own/session");
    await keepSession(tasks.shared, { ...earlier });
    const { later } = await goesOn(tasks, continues);
    expect(homeOf(later, "cat .own/session")).toBe("more");
  });

  test("of Claude Code goes on anywhere, of Gemini CLI only where every workspace has one path", async () => {
    const { shared } = await startTasks(machine);
    const [claude, gemini, own] = ["claude", "gemini", "own"].map((name) => agentOf(shared, name));
    const inBoth = (agent = claude) =>
      [machine.driver, none].map((driver) => canGoOn(agent as AgentDefinition, driver));
    expect([inBoth(claude), inBoth(own), inBoth(gemini)]).toEqual([
      [true, true],
      [true, true],
      [true, false],
    ]);
  });

  test("of Gemini CLI that was kept with a sandbox is elsewhere without one", async () => {
    const tasks = await startTasks(machine);
    const script =
      "mkdir -p .gemini/tmp/tree/chats; printf 1 > .gemini/tmp/tree/chats/a.json; printf {} > .gemini/settings.json";
    const { earlier, continues } = await ended(tasks, script, { agent: "gemini", sessionId: "s" });
    const { taken, later } = await goesOn(tasks, continues);
    expect(taken).toMatchObject({ sessionId: "s" });
    expect(homeOf(later, "cd .gemini; find . -type f")).toBe("./tmp/tree/chats/a.json");
    const { workspace } = earlier.home;
    const taker = {
      continues,
      agent: agentOf(tasks.shared, nameOf(earlier)),
      workspace: { ...workspace, inside: workspace },
    };
    expect(await takeSession(tasks.shared, earlier, taker)).toEqual({ why: "elsewhere" });
  });
});

describe("clearing", () => {
  const DAY_MS = 24 * 3600 * 1000;

  /** Sessions of these ages in days, each of a thousand bytes. */
  async function stage(ages: Record<string, number>, limits?: string) {
    const { shared } = await startTasks(machine, limits);
    const dir = sessionsDir(shared.dataDir);
    for (const [name, days] of Object.entries(ages)) {
      mkdirSync(join(dir, name), { recursive: true });
      writeFileSync(join(dir, name, "session.tar"), "x".repeat(1_000));
      const at = (Date.now() - days * DAY_MS) / 1_000;
      utimesSync(join(dir, name), at, at);
    }
    return { shared, left: () => readdirSync(dir).sort() };
  }

  test("takes what is older than seven days, or than the operator says", async () => {
    const usual = await stage({ tnew: 0, tsix: 6, teight: 8 });
    await clearKeptSessions(usual.shared);
    expect(usual.left()).toEqual(["tnew", "tsix"]);
    const short = await stage({ tnew: 0, tsix: 6 }, "keepSessionDays: 5");
    await clearKeptSessions(short.shared);
    expect(short.left()).toEqual(["tnew"]);
  });

  test("takes everything where none are to be kept", async () => {
    const { shared, left } = await stage({ tnew: 0 }, "keepSessionDays: 0");
    await clearKeptSessions(shared);
    expect(left()).toEqual([]);
  });

  test("takes the oldest first while all together take too much room", async () => {
    const { shared, left } = await stage({ ta: 3, tb: 1, tc: 2, td: 4 });
    await clearKeptSessions(shared, 2_500);
    expect(left()).toEqual(["tb", "tc"]);
  });

  test("is fine with a host that has never kept one", async () => {
    const { shared } = await startTasks(machine);
    await clearKeptSessions(shared);
    expect(existsSync(sessionsDir(shared.dataDir))).toBe(false);
  });
});
