/** Gemini CLI for real, against a model on loopback: started, read and judged by its adapter, confined and not. */
import { randomUUID } from "node:crypto";
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import type { LaunchRun } from "../../workers/agents/adapter.ts";
import { adapterFor } from "../../workers/agents/adapters.ts";
import { renderPrompt } from "../../workers/agents/prompt.ts";
import { usageMeter } from "../../workers/agents/usage.ts";
import { type Home, packHome, unpackHome } from "../../workers/kept-sessions/pack.ts";
import { forwarded, PROXY_VARIABLES } from "../../workers/network/bridge.ts";
import { openNetwork } from "../../workers/network/network.ts";
import type { Policy } from "../../workers/network/policy.ts";
import { runProgram } from "../../workers/run-program.ts";
import { WORKSPACE_INSIDE } from "../../workers/sandbox/confinement.ts";
import { chooseDriver, type SandboxMode, type SlotUser } from "../../workers/sandbox/sandbox.ts";
import { proxyUid, slotUsers } from "../../workers/sandbox/slot-users.ts";
import { eventsOf, evidenceOf } from "../workers/agents/recording.ts";
import { geminiEnv, placeGemini } from "./gemini-agent.ts";
import { type Model, type ModelOptions, sampleRepairs, startModel, turnUsage } from "./model.ts";

const gemini = adapterFor("gemini");
const program = placeGemini();
afterAll(program.remove);
const agent = { name: "gemini", ...program.section };
const system = { PATH: "/usr/local/bin:/usr/bin:/bin", LANG: "C.UTF-8", TERM: "dumb" };
/**
 * Away from hosts on this machine and from this suite in another checkout: a user's processes are counted together, and
 * a host ends what runs as one of its users without being one of its runs.
 */
const baseUid = 53_000 + (process.pid % 7_000);
const sample = fileURLToPath(new URL("../../demo/sample-repository", import.meta.url));

const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

async function model(options: ModelOptions): Promise<Model> {
  const started = await startModel(options);
  opened.push(() => started.stop());
  return started;
}

/** `seenAt`: where a sandbox shows the folder that holds the two others; at its own path, where it is left out. */
type Workplace = { dir: string; tree: string; home: string; seenAt?: string };

/** A worktree of the sample repository, as an agent gets it, and a private home. */
async function workplace(seenAt?: string): Promise<Workplace> {
  const dir = await mkdtemp(join(tmpdir(), "orch-gemini-"));
  opened.push(() => rm(dir, { recursive: true, force: true }));
  await chmod(dir, 0o711);
  const [origin, tree, home] = [join(dir, "work/origin"), join(dir, "work/tree"), join(dir, "work/home")];
  await mkdir(join(home, "tmp"), { recursive: true });
  await cp(sample, origin, { recursive: true });
  const git = (...args: string[]) =>
    execa("git", ["-c", "user.name=maintainer", "-c", "user.email=maintainer@example.com", ...args], { cwd: origin });
  await git("init", "-q", "-b", "main");
  await git("add", "-A");
  await git("commit", "-q", "-m", "Start");
  await git("worktree", "add", "-q", "-b", "orch/1-abc", tree);
  return { dir, tree, home, ...(seenAt && { seenAt }) };
}

const prompt = renderPrompt({
  instruction: "fix the failing tests",
  actor: "maintainer",
  repository: "octo-org/shop",
  kind: "issue",
  number: 1,
  title: "Tests fail",
  body: "",
  comments: [],
  branch: "orch/1-abc",
  baseBranch: "main",
  verify: "node --test",
});

/** What lets a sandbox of `user` out to the model's service and nowhere else. */
async function openOutlet(dir: string, users: readonly SlotUser[], user: SlotUser, modelUrl: string) {
  const network = await openNetwork({
    dir: join(dir, "network"),
    uid: proxyUid(users),
    log: pino({ level: "silent" }),
  });
  opened.push(async () => {
    await network.close("step");
    network.release();
  });
  const { hostname: name, port: written } = new URL(modelUrl);
  const port = Number(written);
  const policy: Policy = {
    egress: "listed",
    rules: [{ whose: "operator", egress: "listed", hosts: [{ name, ports: [port] }] }],
    private: [{ address: name, port }],
    never: [],
    limits: { connections: 20, bytes: 1e9 },
  };
  const outlet = {
    dir: network.place("step", user),
    forward: forwarded(policy.private),
    connections: policy.limits.connections,
  };
  await network.open("step", policy, 300_000);
  return outlet;
}

/** Who works there, and how confined. */
async function confinedIn(place: Workplace, sandbox: SandboxMode) {
  const users = await slotUsers(1, process.getuid?.() ?? 0, baseUid);
  const [user = { slot: 0 }] = users;
  const work = dirname(place.tree);
  if (user.uid !== undefined) await execa("chown", ["-R", `${user.uid}:${user.gid}`, work]);
  const { driver } = await chooseDriver({ mode: sandbox, dir: join(place.dir, "sandbox"), users });
  const seenAt = place.seenAt ?? work;
  return { users, user, work, driver, seenAt, tree: join(seenAt, "tree"), home: join(seenAt, "home") };
}

/** As an operator's host packs and unpacks it. */
async function homeOf(place: Workplace): Promise<Home> {
  const { user, driver, home, tree } = await confinedIn(place, "bwrap");
  const workspace = { homeDir: place.home, treeDir: place.tree, inside: { homeDir: home, treeDir: tree } };
  return { user, driver, workspace: workspace as unknown as Home["workspace"] };
}

/** One step as the host runs it, from the launch to the verdict. */
async function step(place: Workplace, sandbox: SandboxMode, run: Omit<LaunchRun, "homeDir">) {
  const homeDir = join(place.seenAt ?? dirname(place.home), "home");
  const launch = gemini.launch(agent, { homeDir, ...run });
  for (const { path, content } of launch.files) {
    await mkdir(dirname(join(place.home, path)), { recursive: true });
    await writeFile(join(place.home, path), content);
  }
  const { users, user, work, driver, seenAt, tree, home } = await confinedIn(place, sandbox);
  const own = { HOME: home, TMPDIR: join(home, "tmp") };
  const outlet =
    sandbox === "none" ? undefined : await openOutlet(place.dir, users, user, run.env.GOOGLE_GEMINI_BASE_URL ?? "");
  const env = { ...system, ...launch.env, ...(outlet && PROXY_VARIABLES), ...own };
  const mounts = [...agent.readable.map((source) => ({ source })), { source: work, target: seenAt, writable: true }];
  const [file = "", ...args] = driver.wrap({ user, mounts, cwd: tree, env, ...(outlet && { outlet }) }, launch.command);
  const { exitCode = 137, stdout, stderr } = await runProgram({ file, args, env, input: prompt, timeoutMs: 120_000 });
  const events = eventsOf("gemini", Buffer.from(stdout), exitCode);
  return { exitCode, stderr, events, verdict: gemini.judge(evidenceOf(events, exitCode, stderr)) };
}

describe("Gemini CLI", () => {
  it.each(["none", "bwrap"] as const)("does a task in a git worktree, sandbox %s", async (sandbox) => {
    const edits = await sampleRepairs();
    const service = await model({ edits });
    const place = await workplace();
    const sessionId = randomUUID();

    const { events, verdict, stderr } = await step(place, sandbox, { sessionId, env: geminiEnv(service.url) });

    expect(verdict, stderr).toEqual({ ok: true });
    expect(service.requests()).toBeGreaterThanOrEqual(edits.length + 1);
    for (const { path, content } of edits) expect(await readFile(join(place.tree, path), "utf8")).toBe(content);
    const tests = await execa("node", ["--test"], { cwd: place.tree, reject: false });
    expect(tests.stdout).toMatch(/fail 0$/m);
    expect(events[0]).toEqual({ type: "session", sessionId, model: "gemini-2.5-pro" });
    expect(events.filter(({ type }) => type === "tool")).toMatchObject(
      edits.flatMap(({ path }) => ["started", "ok"].map((status) => ({ name: "write_file", summary: path, status }))),
    );
    expect(events).toContainEqual({ type: "text", text: "Done: the tests should pass now." });
    const meter = usageMeter();
    for (const event of events) meter.add(event);
    const turns = edits.length + 1;
    expect(meter.totals()).toMatchObject({
      inputTokens: turns * turnUsage.input,
      outputTokens: turns * turnUsage.output,
    });
  });

  it("goes on with an earlier session when it is told its id", async () => {
    const service = await model({});
    const place = await workplace();
    const [sessionId, env] = [randomUUID(), geminiEnv(service.url)];
    expect(await step(place, "none", { sessionId, env })).toMatchObject({ verdict: { ok: true } });
    const { events, verdict } = await step(place, "none", { sessionId: randomUUID(), resume: sessionId, env });
    expect(verdict).toEqual({ ok: true });
    expect(events[0]).toMatchObject({ type: "session", sessionId });
  });

  it("goes on with the session of an earlier task in another workspace, where that is seen at the same path", async () => {
    const edits = await sampleRepairs();
    const [[first, second], service] = [edits, await model({ edits, oneEditPerPrompt: true })];
    const [sessionId, env] = [randomUUID(), geminiEnv(service.url)];
    const places = [
      await workplace(WORKSPACE_INSIDE),
      await workplace(WORKSPACE_INSIDE),
      await workplace("/elsewhere"),
    ];
    const [earlier, later, elsewhere] = places as [Workplace, Workplace, Workplace];
    expect(await step(earlier, "bwrap", { sessionId, env })).toMatchObject({ verdict: { ok: true } });
    const file = join(earlier.dir, "session.tar");
    const packed = await packHome(await homeOf(earlier), { paths: gemini.sessionPaths(agent), file });
    if (typeof packed === "string") throw new Error(packed);
    for (const place of [later, elsewhere]) await unpackHome(await homeOf(place), { file, ...packed });

    const resumed = { sessionId: randomUUID(), resume: sessionId, env };
    const { events, verdict, stderr } = await step(later, "bwrap", resumed);
    expect(verdict, stderr).toEqual({ ok: true });
    expect(events[0]).toMatchObject({ type: "session", sessionId });
    // The model does what comes after the edit that it finds in the conversation; the files of that are another task's.
    const texts = [first, second].map(async (edit) => [
      await readFile(join(later.tree, edit?.path ?? ""), "utf8"),
      edit?.content,
    ]);
    const [[untouched, firstEdit], [touched, secondEdit]] = (await Promise.all(texts)) as [string[], string[]];
    expect(touched).toBe(secondEdit);
    expect(untouched).not.toBe(firstEdit);
    // What makes the one path necessary.
    expect(await step(elsewhere, "bwrap", resumed)).toMatchObject({ exitCode: 42, verdict: { ok: false } });
  });

  it.each([
    [401, "auth", 145],
    [400, "bad_request", 144],
  ])("whose service answers %i is judged: %s", async (failWith, reason, code) => {
    const service = await model({ failWith });
    const place = await workplace();
    const { verdict, exitCode } = await step(place, "none", { sessionId: randomUUID(), env: geminiEnv(service.url) });
    expect(verdict).toMatchObject({ ok: false, reason });
    expect(exitCode).toBe(code);
    expect(service.requests()).toBeGreaterThan(0);
  });

  it("offers its model no tool that starts agents where it may start none", async () => {
    const toolsOf = async (run: Pick<LaunchRun, "subagents">) => {
      let tools: string[] = [];
      const turn = (seen: { tools: string[] }) => {
        tools = seen.tools;
        return { says: "Done." };
      };
      const service = await model({ turn });
      const env = geminiEnv(service.url);
      const { verdict } = await step(await workplace(), "none", { sessionId: randomUUID(), env, ...run });
      expect(verdict).toEqual({ ok: true });
      return tools;
    };
    expect(await toolsOf({ subagents: "few" })).toContain("invoke_agent");
    expect(await toolsOf({ subagents: "none" })).not.toContain("invoke_agent");
  });

  it("without a key is judged: auth", async () => {
    const place = await workplace();
    const { verdict } = await step(place, "none", { sessionId: randomUUID(), env: {} });
    expect(verdict).toMatchObject({ ok: false, reason: "auth" });
  });
});
