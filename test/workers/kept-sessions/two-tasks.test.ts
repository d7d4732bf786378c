/**
 * Two tasks of one pull request, with a real sandbox, real sessions and a real repository: the agent of the second finds what
 * that of the first has kept, at the same path, though it runs in another slot. Bot and Redis are played.
 */
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stringify } from "yaml";
import type { Checkpoint } from "../../../src/task/checkpoint.ts";
import type { Progress } from "../../../src/task/progress.ts";
import type { Task } from "../../../src/task/task.ts";
import type { TaskNews } from "../../../src/task/task-news.ts";
import { keptSession, sessionsDir } from "../../../workers/kept-sessions/kept-session.ts";
import type { Continues } from "../../../workers/kept-sessions/take-session.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { preparedGround } from "../../../workers/run/ground.ts";
import type { Lease } from "../../../workers/run/lease.ts";
import { beginRun, makeRun } from "../../../workers/run/make-run.ts";
import { prepare } from "../../../workers/run/prepare/prepare.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { runTask } from "../../../workers/run/run-task.ts";
import { work } from "../../../workers/run/work.ts";
import type { SlotUser } from "../../../workers/sandbox/sandbox.ts";
import { outcomes, settledTask } from "../../report/sample-tasks.ts";
import { makeSpec } from "../../support/task-spec.ts";
import { type Machine, openMachine } from "../support/machine.ts";
import { startHost, startRemote, temporaryFolder } from "../workspace/support.ts";

let machine: Machine;
beforeAll(async () => {
  machine = await openMachine();
});
afterAll(() => machine.close());

/** Remembers its tasks in its session's file, counts a hundred tokens for each, and leaves a trap beside it. */
const AGENT = `
cat >/dev/null
session=\${ORCH_RESUME:-s-$ORCH_TASK}
grep -qs refuse "$HOME/.own/$session" && exit 42
echo "{\\"type\\":\\"session\\",\\"sessionId\\":\\"$session\\"}"
say() { echo "{\\"type\\":\\"text\\",\\"text\\":\\"$*\\"}"; }
say "home $HOME, here $PWD, found: $(ls -A "$HOME" | tr '\\n' ' ')"
mkdir -p "$HOME/.own"
say "before: $(cat "$HOME/.own/$session" 2>/dev/null | tr '\\n' ' ')"
echo "$ORCH_TASK" >>"$HOME/.own/$session"
echo trap >"$HOME/.npmrc"
echo "{\\"type\\":\\"usage\\",\\"inputTokens\\":$(($(wc -l <"$HOME/.own/$session") * 100)),\\"outputTokens\\":0,\\"scope\\":\\"session\\"}"
echo '{"type":"final","ok":true}'
`;

type Hear = (id: string, news: TaskNews) => void;

async function stage(repositoryFile?: string, onNews: Hear = () => undefined) {
  const remote = await startRemote({
    "README.md": "hello\n",
    ...(repositoryFile && { ".github/orch.yml": repositoryFile }),
  });
  const { dataDir } = await startHost(remote);
  const program = temporaryFolder();
  chmodSync(program, 0o755);
  writeFileSync(join(program, "agent.sh"), AGENT);
  const own = {
    kind: "jsonl",
    command: ["/bin/sh", join(program, "agent.sh")],
    readable: [program],
    sessionPaths: [".own"],
  };
  const operator = { agents: { own, other: own }, defaultAgent: "own" };
  const tasks = new Map<string, Task>();
  const told = new Map<string, Progress>();
  const earlier = new Map<string, Task>();
  const hear = async (id: string, news: TaskNews) => {
    if ("progress" in news) told.set(id, { ...told.get(id), ...news.progress });
    onNews(id, news);
    return { kind: "known", changed: true, record: tasks.get(id) };
  };
  const bot = {
    context: async () => ({ title: "Tests fail", body: "", bodyWithheld: false, comments: [] }),
    token: async () => ({
      ...{ token: remote.server.token, cloneUrl: remote.access.cloneUrl, expiresAt: "" },
      bot: { login: "orch[bot]", id: 1 },
    }),
  };
  const { driver, sessions } = machine;
  const shared = {
    ...{ hostId: "h1", dataDir, driver, sessions, bot, network: undefined, never: () => [], env: {} },
    ...{ operator: parseOperatorFile(stringify(operator), "test"), log: pino({ level: "silent" }) },
    store: {
      ...{ change: hear, advance: hear, read: async (id: string) => earlier.get(id) },
      messages: { take: async () => [], acknowledge: async () => undefined }, // nobody says anything
    },
  } as unknown as Shared;

  /** The run of a new task, in this slot, which goes on from this one. Its host's mirror is that of the repository. */
  function begin(commentId: number, slot: number, continues?: Continues): Run {
    const spec = makeSpec({ commentId, repository: { id: 42, owner: "octo-org", name: "example" } });
    if (continues) {
      const { taskId, ...progress } = continues;
      earlier.set(taskId, { ...settledTask(outcomes.pull_request, { progress }), spec: { ...spec, id: taskId } });
    }
    const state = { name: "running", phase: "preparing", host: "h1", claim: "c", job: "j", since: 0, phaseSince: 0 };
    const more = { epoch: 1, version: 1, crashes: [], runs: [], continues: continues?.taskId };
    const task = { spec, state, ...more } as unknown as Task;
    tasks.set(spec.id, task);
    const lease = { job: "j", isHeld: () => true, complete: async () => undefined } as unknown as Lease;
    return beginRun(shared, { task, lease, user: machine.users[slot] as SlotUser });
  }
  /** The task is over, and its run is said to have left this. */
  function settle(id: string, checkpoint: Checkpoint | undefined): void {
    const { runs, ...over } = settledTask(outcomes.agent_failed);
    earlier.set(id, { ...over, runs: runs.map((run) => ({ ...run, ...(checkpoint && { checkpoint }) })) });
  }
  /** The words of a run's agent. */
  const words = (run: Run) => run.spoken.lastLines().split("\n");
  return { shared, begin, words, told, remote, settle };
}

const signal = () => new AbortController().signal;

test("the agent of a later task finds its session under its home, at the same path, in another slot", async () => {
  const { shared, begin, words, told } = await stage();
  const first = begin(501, 0);
  const { id: taskId } = first.task.spec;
  expect(await runTask(shared, first)).toBe("done");
  expect(words(first)).toEqual(["home /workspace/home, here /workspace/tree, found:", "before:"]);
  expect(readdirSync(join(shared.dataDir, "host/workspaces"))).toEqual([]);
  const { sessionId = "" } = keptSession(shared.dataDir, taskId).read() ?? {};
  expect(sessionId).toBe(`s-${taskId}`);

  const second = begin(502, 1, { taskId, agent: "own", sessionId });
  const ground = await prepare(shared, second, signal());
  expect(ground.resumed).toEqual({ sessionId, used: { inputTokens: 100, outputTokens: 0, cachedTokens: 0 } });
  expect(ground.held).toBeDefined();
  expect(readFileSync(join(second.folder.dir, "prompt.md"), "utf8")).toContain(
    "You have worked on this branch already",
  );
  await work(shared, second, ground);
  expect(words(second)).toEqual(["home /workspace/home, here /workspace/tree, found: .own", `before: ${taskId}`]);
  expect(told.get(second.task.spec.id)).toMatchObject({
    sessionId,
    inputTokens: 100,
    start: { how: "resumed", task: taskId },
  });

  // A restarted host reads all that again, goes on with what was written down, and keeps the session in its turn.
  const again = makeRun(shared, second);
  expect(preparedGround(shared, again, ground.prepared).resumed).toEqual(ground.resumed);
  expect(await runTask(shared, again)).toBe("done");
  expect(again.spoken.progress().inputTokens).toBe(100);
  const kept = keptSession(shared.dataDir, second.task.spec.id).read();
  expect(kept).toMatchObject({ sessionId, used: { inputTokens: 200 } });
  const third = begin(503, 0, { taskId: second.task.spec.id, agent: "own", sessionId });
  await work(shared, third, await prepare(shared, third, signal()));
  expect(words(third)[1]).toBe(`before: ${taskId} ${second.task.spec.id}`);
  expect(third.spoken.progress().inputTokens).toBe(100);
  await shared.sessions.kill(third.task.spec.id);
});

test("the end of a task does not wait for its session, whoever goes on with that does", async () => {
  const ended = Promise.withResolvers<boolean>();
  const { shared, begin, words, told } = await stage(undefined, (id, { name }) => {
    if (name === "ended") ended.resolve(keptSession(shared.dataDir, id).read() !== undefined);
  });
  const first = begin(541, 0);
  const { id: taskId } = first.task.spec;
  const sessionId = `s-${taskId}`;
  const over = runTask(shared, first);
  expect(await ended.promise, "kept before the end was told").toBe(false);
  expect(told.get(taskId)?.home).toBe(`host/sessions/${taskId}`);
  const second = begin(542, 1, { taskId, agent: "own", sessionId });
  const ground = await prepare(shared, second, signal());
  expect(ground.resumed?.sessionId).toBe(sessionId);
  await work(shared, second, ground);
  expect(words(second)[1]).toBe(`before: ${taskId}`);
  await shared.sessions.kill(second.task.spec.id);
  expect(await over).toBe("done");
});

test("a session that cannot be kept after all is taken back, and who wanted it begins a new one", async () => {
  const news: TaskNews[] = [];
  const { shared, begin } = await stage(undefined, (_id, each) => {
    if (each.name === "ended") spoil();
    if (each.name === "ended" || each.name === "not_kept") news.push(each);
  });
  const first = begin(551, 0);
  const { id: taskId } = first.task.spec;
  /** Its files are gone by then. */
  const spoil = () => rmSync(join(shared.dataDir, "host/workspaces", taskId, "home/.own"), { recursive: true });
  const over = runTask(shared, first);
  expect(await over).toBe("done");
  expect(news).toMatchObject([
    { name: "ended", progress: { home: `host/sessions/${taskId}` } },
    { name: "not_kept", epoch: 1 },
  ]);
  const second = begin(552, 1, { taskId, agent: "own", sessionId: `s-${taskId}` });
  expect((await prepare(shared, second, signal())).resumed).toBeUndefined();
  await shared.sessions.kill(second.task.spec.id);
});

test("a run whose end the record knows already leaves its workspace where that says so", async () => {
  const { shared, begin, settle } = await stage();
  const workspaces = () => readdirSync(join(shared.dataDir, "host/workspaces"));
  for (const [commentId, isKept] of [
    [561, false],
    [562, true],
  ] as const) {
    const run = begin(commentId, 0);
    const { id } = run.task.spec;
    await prepare(shared, run, signal());
    settle(id, isKept ? { kind: "workspace", folder: `host/workspaces/${id}`, until: 9 } : undefined);
    run.interrupt({ kind: "settled" });
    expect(await runTask(shared, run)).toBe(isKept ? "kept" : "done");
    expect(workspaces().includes(id)).toBe(isKept);
  }
});

test("a session that is gone costs the task its start, and no more", async () => {
  const { shared, begin, words } = await stage();
  const run = begin(511, 0, { taskId: "tnever", agent: "own", sessionId: "s-tnever" });
  const ground = await prepare(shared, run, signal());
  expect(ground.resumed).toBeUndefined();
  expect((await work(shared, run, ground)).verdict).toEqual({ ok: true });
  expect(words(run)[1]).toBe("before:");
  await shared.sessions.kill(run.task.spec.id);
});

test("a session that its agent cannot go on with is no obstacle: the agent begins a new one, once", async () => {
  const { shared, begin, words, told } = await stage();
  const first = begin(531, 0);
  const { id: taskId } = first.task.spec;
  await runTask(shared, first);
  const sessionId = `s-${taskId}`;
  const second = begin(532, 1, { taskId, agent: "own", sessionId });
  const ground = await prepare(shared, second, signal());
  writeFileSync(join(ground.workspace.homeDir, ".own", sessionId), "refuse");
  expect((await work(shared, second, ground)).verdict).toEqual({ ok: true });
  expect(words(second)[1]).toBe("before:");
  expect(second.spoken.progress()).toMatchObject({ sessionId: `s-${second.task.spec.id}`, inputTokens: 100 });
  expect(second.folder.record.prepared?.resumed).toBeUndefined();
  expect(told.get(second.task.spec.id)?.start).toEqual({ how: "handed over", task: taskId });

  // What fails without it as well is the agent's failure.
  const third = begin(533, 0, { taskId, agent: "own", sessionId });
  const another = await prepare(shared, third, signal());
  for (const name of [sessionId, `s-${third.task.spec.id}`])
    writeFileSync(join(another.workspace.homeDir, ".own", name), "refuse");
  expect(await work(shared, third, another)).toMatchObject({ verdict: { ok: false }, exitCode: 42 });
  for (const { task } of [second, third]) await shared.sessions.kill(task.spec.id);
});

test("where the repository has changed its mind about the agent, the former one's session is not in the home", async () => {
  const { shared, begin, words, remote } = await stage("agent: own\n");
  const first = begin(521, 0);
  const { id: taskId } = first.task.spec;
  await runTask(shared, first);
  const continues = { taskId, agent: "own", sessionId: `s-${taskId}` };
  remote.commit({ ".github/orch.yml": "agent: other\n" });
  const second = begin(522, 1, continues);
  const ground = await prepare(shared, second, signal());
  expect([ground.agent.name, ground.resumed, ground.held]).toEqual(["other", undefined, undefined]);
  await work(shared, second, ground);
  expect(words(second)).toEqual(["home /workspace/home, here /workspace/tree, found:", "before:"]);
  expect(readdirSync(sessionsDir(shared.dataDir))).toEqual([taskId]);
  await shared.sessions.kill(second.task.spec.id);

  // The other way round it is noticed late, and in time.
  remote.commit({ ".github/orch.yml": "agent: own\n" });
  const third = begin(523, 0, continues);
  const late = await prepare(shared, third, signal());
  expect([late.agent.name, late.resumed?.sessionId, late.held]).toEqual(["own", continues.sessionId, undefined]);
  await work(shared, third, late);
  expect(words(third)[1]).toBe(`before: ${taskId}`);
  await shared.sessions.kill(third.task.spec.id);
});
