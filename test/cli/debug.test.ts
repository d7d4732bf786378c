/** The bundle of `orch debug`: all that there is of a task, and no secret of this machine. */
import { spawnSync } from "node:child_process";
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { debug } from "../../cli/debug.ts";
import { appendRunEvents } from "../../src/task/run-events.ts";
import { makeTaskStore } from "../../src/task/store.ts";
import { createRunFolder } from "../../workers/run/run-folder.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { secretSamples } from "../text/secret-samples.ts";
import { inProcess } from "./in-process.ts";

const PLAIN = "a-plain-word-that-is-secret-here";
const KEY = `-----BEGIN RSA ${"PRIVATE"} KEY-----\nMIIEowIBAAKCAQEA0123\nabcDEF123456\n-----END RSA ${"PRIVATE"} KEY-----`;
const SECRETS = {
  WORKER_SECRET: "w".repeat(40),
  WEBHOOK_SECRET: "h".repeat(20),
  PRIVATE_KEY: KEY,
  METRICS_TOKEN: "m".repeat(32),
  DASHBOARD_CLIENT_SECRET: "d".repeat(40),
  OTEL_EXPORTER_OTLP_HEADERS: "x-key=the%20key-of-traces",
  SOME_MODEL: PLAIN, // nothing but the operator's file says that an agent is given it
  SOME_SERVER: "as-plain-a-word-of-an-mcp-server",
  PASSED_ON: "one-that-is-passed-on-to-a-server",
};
/** Whatever of it stands on one line is looked for in the bundle. */
const lines = [
  ...Object.values(SECRETS).flatMap((each) => each.split("\n")),
  "from-the-file-0123456789",
  "the key-of-traces",
];

let server: ConnectedRedis;
let dir: string;
let id: string;

const everySecret = () => [...lines, ...secretSamples.map(([, text]) => text)];

beforeAll(async () => {
  server = await startConnectedRedis();
  dir = mkdtempSync(join(tmpdir(), "orch-debug-test-"));
  const store = makeTaskStore(server.redis);
  const said = everySecret().join("\n\n");
  const spec = makeSpec({ instruction: `fix it with ${said}`, title: said });
  id = spec.id;
  await store.create(spec, STARTS);
  await store.advance(id, { name: "claimed", host: "h1", claim: "c", job: "j", lane: LANE, at: 1 });
  const event = { kind: "text" as const, text: PLAIN, at: 1, step: "agent-1" };
  await appendRunEvents(server.redis, { task: id, epoch: 1 }, [{ id: { step: 1, seq: 1 }, event }]);
  const outcome = { kind: "agent_failed" as const, reason: "crash" as const, message: said, lastLines: said };
  await store.advance(id, { name: "ended", epoch: 1, outcome, at: 2 });

  const runs = join(dir, "host", "runs");
  const folder = createRunFolder(runs, { taskId: id, epoch: 1, jobId: PLAIN, slot: 0, startedAt: 1, steps: [] });
  mkdirSync(join(folder.dir, "agent-1"));
  // So long that only its end is taken, which begins in the middle of a secret.
  writeFileSync(join(folder.dir, "agent-1", "transcript.log"), `${`${PLAIN}\n`.repeat(20_000)}\u001b[2Jthe end\n`);
  writeFileSync(join(dir, "worker-secret"), "from-the-file-0123456789\n");
  const agent = 'agents:\n  a:\n    kind: plain\n    command: ["true"]\n    env: { M: $SOME_MODEL }\n';
  const servers =
    '  b:\n    kind: claude\n    command: [claude]\n    mcp: { s: { command: ["true"], env: { S: $SOME_SERVER }, passEnv: [PASSED_ON] } }\n';
  writeFileSync(join(dir, "orch.yml"), `${agent}${servers}`);
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const env = () => ({ ...SECRETS, REDIS_URL: server.url, ORCH_DATA: dir, ORCH_CONFIG: join(dir, "orch.yml") });
const doctor = async () => ({ ok: false, detail: everySecret() });
const tar = (...args: string[]) => spawnSync("tar", args, { encoding: "utf8", maxBuffer: 64 * 1024 ** 2 }).stdout;

test("the bundle has everything, is its maker's alone, and holds no secret in any form", async () => {
  const file = join(dir, "b.tar.gz");
  const said = await inProcess(() => debug(env(), id, { output: file, json: true }, doctor));
  expect(said).toMatchObject({ code: 0, stderr: "" });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const names = ["doctor.json", "record.json", "settings.json", "timeline.json", "versions.json", "why.json"];
  const ofRun = ["run-1/agent-1.transcript.log", "run-1/events.json", "run-1/run.json"];
  const answer = JSON.parse(said.stdout) as { files: { file: string }[] };
  expect(answer.files.map((each) => each.file).sort()).toEqual([...names, ...ofRun].sort());
  expect(tar("-tzf", file)).toContain(`orch-debug-${id}/manifest.json`);

  const all = tar("-xzOf", file);
  for (const secret of everySecret()) {
    expect(all, secret).not.toContain(secret);
    expect(all, secret).not.toContain(JSON.stringify(secret).slice(1, -1));
  }
  expect(all).toContain("the end");
  expect(all).not.toContain("\u001b");
  expect(all).toContain('"WEBHOOK_SECRET": "set"');
  expect(all).toContain('"API_PORT": "unset"');
  const manifest = JSON.parse(tar("-xzOf", file, `orch-debug-${id}/manifest.json`));
  expect(manifest).toMatchObject({ task: id, files: answer.files });
});

test("what an agent put in the place of a run's own files is not read", async () => {
  const outside = join(dir, "outside.txt");
  writeFileSync(outside, "the operator's own words\n");
  const [run = ""] = readdirSync(join(dir, "host", "runs"));
  const folder = join(dir, "host", "runs", run);
  for (const step of ["agent-2", "agent-3"]) mkdirSync(join(folder, step));
  symlinkSync(outside, join(folder, "agent-2", "transcript.log"));
  spawnSync("sh", ["-c", 'mkfifo "$1"', "sh", join(folder, "agent-3", "transcript.log")]);
  renameSync(join(folder, "run.json"), join(folder, "kept.json"));
  symlinkSync(outside, join(folder, "run.json"));
  onTestFinished(() => {
    for (const step of ["agent-2", "agent-3"]) rmSync(join(folder, step), { recursive: true });
    renameSync(join(folder, "kept.json"), join(folder, "run.json"));
  });
  const file = join(dir, "links.tar.gz");
  const said = await inProcess(() => debug(env(), id, { output: file, json: true }, doctor));
  expect(said).toMatchObject({ code: 0, stderr: "" });
  expect(tar("-xzOf", file)).not.toContain("the operator's own words");
  expect(tar("-tzf", file)).toContain("agent-1.transcript.log");
});

test("a file that is there stays, and a task that is not there has none", async () => {
  const file = join(dir, "mine");
  writeFileSync(file, "mine");
  const said = await inProcess(() => debug(env(), id, { output: file }, doctor));
  expect(said).toMatchObject({ code: 1, stderr: expect.stringContaining("exists already") });
  expect(statSync(file).size).toBe(4);
  const none = await inProcess(() => debug(env(), "taaaaaaaaaaaaaaa", { output: join(dir, "none") }, doctor));
  expect(none).toMatchObject({ code: 1, stderr: expect.stringContaining("No task fits") });
});

test("where the doctor fails, its place says so, and an operator's file that cannot be used gives nothing away", async () => {
  appendFileSync(join(dir, "orch.yml"), "nonsense: [\n");
  const file = join(dir, "c.tar.gz");
  const failing = async () => Promise.reject(new Error("no sandbox"));
  expect(await inProcess(() => debug(env(), id, { output: file }, failing))).toMatchObject({ code: 0 });
  expect(tar("-xzOf", file, `orch-debug-${id}/doctor.json`)).toContain("no sandbox");
  const all = tar("-xzOf", file);
  for (const secret of lines) expect(all, secret).not.toContain(secret);
});
