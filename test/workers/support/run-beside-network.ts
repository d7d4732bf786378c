/** A run whose sessions and network only write down, in order, what is asked of them: no program, no proxy, no Redis. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { onTestFinished } from "vitest";
import type { Progress } from "../../../src/task/progress.ts";
import type { Network } from "../../../workers/network/network.ts";
import type { OutletReport } from "../../../workers/network/outlet-report.ts";
import type { Policy } from "../../../workers/network/policy.ts";
import { parseOperatorFile } from "../../../workers/operator-file.ts";
import { makeChanges } from "../../../workers/run/changes.ts";
import type { Ground } from "../../../workers/run/ground.ts";
import type { Interruption } from "../../../workers/run/interruption.ts";
import type { Run, Shared } from "../../../workers/run/run.ts";
import { createRunFolder } from "../../../workers/run/run-folder.ts";
import { makeSpoken } from "../../../workers/run/step/spoken.ts";
import { makeTurn } from "../../../workers/run/turn.ts";
import { type Confinement, type SandboxDriver, WORKSPACE_INSIDE } from "../../../workers/sandbox/confinement.ts";
import { makeTalkBack } from "../../../workers/talk-back/talk-back.ts";
import type { HeldStep, RunningStep, StepEnd, StepSpec } from "../../../workers/tmux/sessions.ts";
import { makeSpec } from "../../support/task-spec.ts";

const OPERATOR = `
agents:
  coder:
    kind: plain
    command: [coder]
    egress: listed
    allow: [model.example.com, "127.0.0.1:4010"]
    env: { http_proxy: "http://elsewhere:1", no_proxy: "*", NODE_USE_ENV_PROXY: "0", HOME: /root, GIVEN: "yes" }
verify: { egress: listed, allow: [packages.example.com, "127.0.0.1:4020"] }
limits: { connections: 33, preparingMinutes: 3, verifyMinutes: 7, totalMinutes: 50 }
`;

/** Where the bot and Redis are reached. */
export const NEVER = [{ address: "192.0.2.9", port: 6379 }];

const NOTHING: OutletReport = { bytes: 0, blocked: 0, places: [] };

type Opened = { id: string; policy: Policy; forMs: number };

/** `sandbox: none`: as where the operator has chosen that, so that there is no network. */
export function runBesideNetwork({ sandbox = "bwrap" }: { sandbox?: "bwrap" | "none" } = {}) {
  const dir = mkdtempSync(join(tmpdir(), "orch-way-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const did: string[] = [];
  const placed = new Set<string>();
  const opened: Opened[] = [];
  const kept: ReadonlySet<string>[] = [];
  const reports = new Map<string, OutletReport>();
  const confinements: Confinement[] = [];
  const blockedFile = (id: string) => join(dir, `${id}.blocked`);
  const network: Network = {
    mountPoint: (id) => join(dir, "network", id, "out"),
    place(id) {
      did.push(`place ${id}`);
      placed.add(id);
      return join(dir, "network", id, "out");
    },
    isPlaced: (id) => placed.has(id),
    async open(id, policy, forMs) {
      // What waits for nothing would be seen to be done only after whoever does not wait for it.
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(blockedFile(id), "");
      opened.push({ id, policy, forMs });
      did.push(`open ${id}`);
    },
    report: (id) => reports.get(id) ?? NOTHING,
    blockedFile,
    async close(id) {
      await new Promise((resolve) => setImmediate(resolve));
      did.push(`close ${id}`);
      placed.delete(id);
      return reports.get(id) ?? NOTHING;
    },
    async closeOthers(ids) {
      kept.push(ids);
    },
    release() {},
  };

  const ends = Promise.withResolvers<StepEnd>();
  const running: RunningStep = { pid: 1, ended: ends.promise, stop: async () => undefined, detach() {} };
  let refusal: Error | undefined;
  const begin = (spec: StepSpec, word: string) => {
    did.push(word);
    if (refusal) throw refusal;
    for (const name of ["stdout", "stderr"]) writeFileSync(join(spec.dir, name), "");
    return running;
  };
  const sessions = {
    list: async () => [],
    start: async (_: string, spec: StepSpec) => begin(spec, "begin"),
    adopt: async (_: string, spec: StepSpec) => begin(spec, "adopt"),
    hold: async (_: string, spec: StepSpec): Promise<HeldStep> => {
      did.push("hold");
      if (refusal) throw refusal;
      return { letGo: () => begin(spec, "begin"), end: async () => undefined } as HeldStep;
    },
    kill: async () => void did.push("kill"),
  };
  const driver: SandboxDriver = {
    name: sandbox,
    wrap(confinement, command) {
      confinements.push(confinement);
      return [...command];
    },
  };
  const news: { name: string; progress?: Progress }[] = [];
  const hear = async (_: string, said: { name: string; progress?: Progress }) => {
    news.push(said);
    return { kind: "absent" };
  };
  const log = pino({ level: "silent" });
  const shared = {
    ...{ dataDir: dir, hostId: "h1", sessions, driver, log, env: {} },
    network: sandbox === "none" ? undefined : network,
    never: () => NEVER,
    operator: parseOperatorFile(OPERATOR, "test"),
    store: { change: hear, advance: hear },
  } as unknown as Shared;

  const spec = makeSpec();
  const record = { taskId: spec.id, epoch: 1, jobId: "j", slot: 0, startedAt: Date.now(), steps: [] };
  const folder = createRunFolder(join(dir, "runs"), record);
  writeFileSync(join(folder.dir, "prompt.md"), "");
  const blocked: string[] = [];
  const events = {
    begin: async () => undefined,
    hear() {},
    blocked: (text: string) => void blocked.push(text),
    close: async () => undefined,
  };
  const interrupting = new AbortController();
  const interrupted = Promise.withResolvers<Interruption>();
  const run: Run = {
    ...{ task: { spec }, folder, user: { slot: 0 }, spoken: makeSpoken(), events, log, inDoubt: undefined },
    talk: makeTalkBack(shared, () => run),
    ...{ changes: makeChanges(), turn: makeTurn(), idle: undefined },
    underWay: Promise.resolve(),
    interrupted: interrupted.promise,
    signal: interrupting.signal,
    interrupt(interruption: Interruption) {
      interrupting.abort(interruption);
      interrupted.resolve(interruption);
    },
  } as unknown as Run;
  const workspaceDir = join(dir, "workspace");
  mkdirSync(workspaceDir);
  const parts = (at: string) => ({
    ...{ dir: at, repositoryDir: join(at, "repo.git"), treeDir: join(at, "tree") },
    ...{ homeDir: join(at, "home"), tmpDir: join(at, "tmp") },
  });
  const ground = {
    mirror: { dir: join(dir, "mirror.git") },
    workspace: { ...parts(workspaceDir), inside: parts(WORKSPACE_INSIDE) },
    agent: shared.operator.agents.get("coder"),
    sessionId: "s",
    prepared: { verify: ["make", "test"], listed: undefined },
    resources: {},
  } as unknown as Ground;

  return {
    ...{ dir, shared, run, ground, folder, did, placed, opened, kept, reports, confinements, network, news },
    /** What was told of connections that were blocked. */
    blocked,
    /** The name of the outlet of one of the run's steps. */
    outlet: (step: string) => `${spec.id}-1-${step}`,
    /** The step's program ends. */
    end: (exitCode = 0) => ends.resolve({ exitCode }),
    /** No program can be started any more. */
    refuse(error: Error) {
      refusal = error;
    },
    /** The proxy has something to tell of an outlet. */
    tell(id: string, report: OutletReport) {
      reports.set(id, report);
      appendFileSync(blockedFile(id), "\n");
    },
  };
}
