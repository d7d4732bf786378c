import { generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { checkAgents } from "../../cli/doctor/agents.ts";
import type { Section } from "../../cli/doctor/check.ts";
import { checkPrograms } from "../../cli/doctor/programs.ts";
import { remedyFor } from "../../cli/doctor/sandbox.ts";
import { ConfinementError } from "../../workers/sandbox/confinement.ts";
import type { SandboxDriver } from "../../workers/sandbox/sandbox.ts";
import { unreachablePaths } from "../../workers/sandbox/slot-users.ts";
import { startRedis, type TestRedis } from "../support/redis.ts";
import { ORCH, runOrch } from "./run-orch.ts";

type Report = { ok: boolean; problems: number; notes: number; sections: Section[] };

const secrets = { WEBHOOK_SECRET: "a-webhook-secret-of-mine", WORKER_SECRET: "w".repeat(20) + "k".repeat(20) };
const privateKey = generateKeyPairSync("rsa", { modulusLength: 2048 })
  .privateKey.export({ type: "pkcs1", format: "pem" })
  .toString();

let dir: string;
let redis: TestRedis;
let github: Server;
let app: Record<string, unknown>;
let granted: Record<string, unknown>;
let installations: Record<string, unknown>[] = [];
let env: Record<string, string>;

const installation = (login: string, changes: object = {}): Record<string, unknown> => ({
  id: 7,
  account: { login },
  html_url: `https://github.test/organizations/${login}/settings/installations/7`,
  permissions: granted.permissions,
  events: granted.events,
  suspended_at: null,
  ...changes,
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "orch-doctor-test-"));
  await chmod(dir, 0o755);
  redis = await startRedis();
  const manifest = parse(await readFile("app.yml", "utf8"));
  granted = {
    name: "Orch of the tests",
    html_url: "https://github.test/apps/orch",
    events: manifest.default_events,
    permissions: manifest.default_permissions,
    installations_count: 1,
  };
  app = granted;
  installations = [installation("acme")];
  github = createServer((request, response) => {
    const answers: Record<string, unknown> = { "/api/v3/app": app, "/api/v3/app/installations": installations };
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    const asked = pathname in answers && request.headers.authorization?.startsWith("bearer ey");
    response.writeHead(asked ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(asked ? answers[pathname] : { message: "Bad credentials" }));
  }).listen(0, "127.0.0.1");
  await once(github, "listening");
  await writeFile(join(dir, "orch.yml"), "agents: { git: { kind: plain, command: [git, commit] } }\n");
  env = {
    ...secrets,
    APP_ID: "7",
    PRIVATE_KEY: privateKey,
    GHE_HOST: `127.0.0.1:${(github.address() as AddressInfo).port}`,
    GHE_PROTOCOL: "http",
    REDIS_URL: redis.url,
    ORCH_CONFIG: join(dir, "orch.yml"),
    ORCH_DATA: join(dir, "data"),
  };
});

afterAll(async () => {
  github.close();
  await redis.stop();
  await rm(dir, { recursive: true, force: true });
});

async function report(changes: Record<string, string>): Promise<{ code: number | null; report: Report; text: string }> {
  const { code, stdout, stderr } = await runOrch(["doctor", "--json"], { cwd: dir, env: { ...env, ...changes } });
  expect(stderr).toBe("");
  expect(stdout.trim().split("\n")).toHaveLength(1);
  return { code, report: JSON.parse(stdout) as Report, text: stdout };
}

function problemsIn({ sections }: Report): string[] {
  return sections.flatMap(({ title, checks }) =>
    checks.filter(({ status }) => status === "problem").map(({ name, detail }) => `${title} / ${name}: ${detail}`),
  );
}

test("a machine where all is well has no problem, and every part of it was looked at", async () => {
  const { code, report: found } = await report({});
  expect(problemsIn(found)).toEqual([]);
  expect(code).toBe(0);
  expect(found.ok).toBe(true);
  expect(found.sections.map(({ title }) => title)).toEqual([
    "Programs",
    "Settings",
    "Redis",
    "GitHub",
    "Sandbox",
    "Limits",
    "Agents",
  ]);
  const text = JSON.stringify(found.sections);
  expect(text).toContain("Orch of the tests");
  expect(text).toMatch(/passes 15 of 15 probes/);
  expect(text).toMatch(/passes 10 of 10 probes: host-loopback, .*metadata-address/);
});

describe("the programs that the sandbox and its way out are made of", () => {
  const nowhere = { role: { bot: false, host: true }, ownRedis: false, path: "", searchPath: "/nonexistent" };
  const ofSandbox = async (confined: boolean) => {
    const checks = await checkPrograms({ ...nowhere, confined });
    return checks.filter(({ name }) => ["bwrap", "tcpserver", "socat"].includes(name));
  };

  test("are needed, and each is found in a Debian package", async () => {
    const checks = await ofSandbox(true);
    expect(checks.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      "bwrap: problem",
      "tcpserver: problem",
      "socat: problem",
    ]);
    expect(checks.map(({ remedy }) => remedy?.split(" ").at(-1))).toEqual(["bubblewrap", "ucspi-tcp", "socat"]);
  });

  test("are not missed where there is no sandbox", async () => {
    expect(await ofSandbox(false)).toMatchObject(
      Array(3).fill({ status: "note", detail: "not found; sandbox: none does not use it" }),
    );
  });
});

test.each([
  ["a program that is not there", "tcpserver is not installed (Debian package ucspi-tcp).", "apt-get install"],
  ["a kernel that grants no namespaces", "does not hold:\n  starts: bwrap: No permissions to create", "userns_clone=0"],
  [
    "a container that forbids them",
    "  starts: bwrap: No\nWhat stands in its way:\n  a filter of system calls",
    "compose.yaml",
  ],
  ["a sandbox in the machine's network", "does not hold:\n  host-loopback: shares the network", "userns_clone=0"],
  ["a proxy that is not reached", "does not hold:\n  listed-host: what is listed is not reached", "socat or tcpserver"],
])("the remedy for a sandbox that cannot be had fits %s", (_what, message, remedy) => {
  expect(remedyFor(message)).toContain(remedy);
});

test("a newcomer is told how to get an App and how to try Orch without one, each problem with its next step", async () => {
  const { code, stdout } = await runOrch(["doctor"], { cwd: dir, env: { ORCH_DATA: join(dir, "none") } });
  expect(code).toBe(1);
  expect(stdout).toContain("✓ git");
  expect(stdout).toMatch(/✗ GitHub App +there is none yet.*\n +→ .*npm start.*npm run demo/);
  expect(stdout).toMatch(/✗ operator's file +ORCH_CONFIG is missing.*\n +→ /);
  expect(stdout).toContain("`npm start` starts its own");
  expect(stdout.trimEnd()).toMatch(/\n2 problems\.$/);
});

test("an agent that no sandbox is built for is one agent's problem, not the report's end", async () => {
  const driver: SandboxDriver = {
    name: "bwrap",
    wrap(confinement) {
      if (confinement.mounts.some(({ source }) => source === "/etc")) throw new ConfinementError("nothing over /etc");
      return ["/bin/true"];
    },
  };
  const agent = { kind: "plain", command: ["git"], env: {}, passEnv: [], readable: [] as string[] } as const;
  const agents = [
    { ...agent, name: "odd", readable: ["/etc"] },
    { ...agent, name: "even" },
  ];
  const written = agents.map((each) => ({
    ...each,
    command: [...each.command],
    passEnv: [],
    readable: [...each.readable],
  }));
  const checks = await checkAgents(written, { ORCH_DATA: join(dir, "data") }, { driver, user: { slot: 0 }, dir });
  expect(checks.map(({ name, status }) => `${name} ${status}`)).toEqual(["odd problem", "even ok"]);
});

/** A machine that runs the bot alone: looking at sandbox and agents takes most of the time. */
const botOnly = { ORCH_CONFIG: "" };

describe("what is wrong is named:", () => {
  test("settings, all at once", async () => {
    const { report: found } = await report({
      ...botOnly,
      APP_ID: "my-app",
      WEBHOOK_SECRET: "short",
      PRIVATE_KEY: "no key",
    });
    expect(problemsIn(found)).toEqual([
      expect.stringContaining("APP_ID must be the App's number"),
      expect.stringContaining("WEBHOOK_SECRET must have at least 16 characters"),
      expect.stringContaining("PRIVATE_KEY is not a readable PEM key"),
    ]);
  });

  test("a Redis that is not there, without its password", async () => {
    const { report: found, text } = await report({
      ...botOnly,
      REDIS_URL: "redis://orch:hidden-password@127.0.0.1:1/0",
    });
    expect(problemsIn(found)).toEqual([expect.stringContaining("Redis / Redis: redis://127.0.0.1:1/0")]);
    expect(text).not.toContain("hidden-password");
  });

  test("a Redis on loopback where agents have no sandbox", async () => {
    const file = join(dir, "unconfined.yml");
    await writeFile(file, "agents: { git: { kind: plain, command: [git] } }\nsandbox: none\n");
    const { report: found } = await report({ ORCH_CONFIG: file });
    expect(problemsIn(found)).toEqual([expect.stringContaining("Redis / Redis: REDIS_URL is a port of this machine")]);
    expect(JSON.stringify((await report(botOnly)).report)).not.toContain("AGENTS CAN REACH");
  });

  test("a Redis that would lose tasks", async () => {
    const careless = await startRedis(["--appendonly", "no", "--maxmemory-policy", "allkeys-lru"]);
    const { report: found } = await report({ ...botOnly, REDIS_URL: careless.url }).finally(careless.stop);
    expect(problemsIn(found)).toEqual([
      expect.stringContaining("without AOF"),
      expect.stringContaining("maxmemory-policy allkeys-lru"),
    ]);
  });

  test("a Redis that takes nothing new", async () => {
    const full = await startRedis(["--maxmemory", "1"]);
    const { report: found } = await report({ ...botOnly, REDIS_URL: full.url }).finally(full.stop);
    expect(problemsIn(found)).toEqual([expect.stringContaining("takes nothing new: OOM")]);
  });

  test("installations that have not accepted a permission, or the events that hang on it, or are suspended", async () => {
    const { checks: _checks, ...fewer } = granted.permissions as Record<string, string>;
    const since = "2026-11-01T00:00:00Z";
    installations = [
      installation("acme"),
      installation("old-corp", { permissions: fewer }),
      installation("deaf-corp", { events: (granted.events as string[]).filter((event) => event !== "check_run") }),
      installation("late-corp", { suspended_at: since }),
    ];
    const { report: found } = await report(botOnly);
    installations = [installation("acme")];
    const problems = problemsIn(found);
    expect(problems).toContain("GitHub / installation of old-corp: has not accepted: checks: write");
    expect(problems).toContain("GitHub / installation of deaf-corp: gets no events of the kind: check_run");
    expect(problems).toContainEqual(
      expect.stringContaining(`GitHub / installation of late-corp: suspended since ${since}`),
    );
    expect(problems.filter((each) => each.includes("acme"))).toEqual([]);
  });

  test("an App that may not do what is needed, and is installed nowhere", async () => {
    const { checks: _checks, ...fewer } = granted.permissions as Record<string, string>;
    app = { ...granted, permissions: { ...fewer, contents: "read" }, events: ["issues"], installations_count: 0 };
    const { report: found } = await report(botOnly).finally(() => {
      app = granted;
    });
    expect(problemsIn(found)).toEqual([
      "GitHub / permissions: missing: contents: write, checks: write",
      expect.stringMatching(/^GitHub \/ events: not subscribed: .*issue_comment/),
      "GitHub / installations: the App is installed nowhere",
    ]);
  });

  test("a GitHub that does not know the App's key", async () => {
    const stranger = createServer((_request, response) => response.writeHead(401).end("{}")).listen(0, "127.0.0.1");
    await once(stranger, "listening");
    const { port } = stranger.address() as AddressInfo;
    const { report: refused } = await report({ ...botOnly, GHE_HOST: `127.0.0.1:${port}` }).finally(() =>
      stranger.close(),
    );
    expect(problemsIn(refused)).toEqual([expect.stringContaining("does not accept the App's signature (401)")]);
  });

  test("agents that could not be started: no program, no variable, and a file that the sandbox does not show", async () => {
    await mkdir(join(dir, "tools"), { recursive: true });
    await writeFile(join(dir, "tools", "agent.js"), "");
    const file = join(dir, "agents.yml");
    const agent = `kind: plain, command: [sh, ${join(dir, "tools", "agent.js")}]`;
    const lines = [
      "agents:",
      "  absent: { kind: plain, command: [no-such-program], passEnv: [ORCH_TEST_UNSET] }",
      `  outside: { ${agent} }`,
      `  shown: { ${agent}, readable: [${join(dir, "tools")}] }`,
      "defaultAgent: shown",
    ];
    await writeFile(file, lines.join("\n"));
    const { report: found } = await report({ ORCH_CONFIG: file });
    expect(problemsIn(found)).toEqual([
      "Agents / absent: ORCH_TEST_UNSET is not set",
      "Agents / absent: no-such-program was not found",
      `Agents / outside: ${join(dir, "tools", "agent.js")} is not to be seen inside the sandbox`,
    ]);
    expect(found.sections.at(-1)?.checks.every(({ status, remedy }) => status === "ok" || remedy)).toBe(true);
  });

  test("MCP servers of an agent that could not be started", async () => {
    await mkdir(join(dir, "servers"), { recursive: true });
    await writeFile(join(dir, "servers", "docs.js"), "");
    const file = join(dir, "servers.yml");
    const docs = `command: [sh, ${join(dir, "servers", "docs.js")}, /workspace/tree]`;
    const written = (name: string, servers: string) =>
      `  ${name}: { kind: gemini, command: ["true"], mcp: { ${servers} } }`;
    const lines = [
      "agents:",
      written("absent", "docs: { command: [no-such-server], passEnv: [ORCH_TEST_UNSET] }"),
      written("outside", `docs: { ${docs} }`),
      written("shown", `docs: { ${docs}, readable: [${join(dir, "servers")}] }`),
      "defaultAgent: shown",
    ];
    await writeFile(file, lines.join("\n"));
    const { report: found } = await report({ ORCH_CONFIG: file });
    expect(problemsIn(found)).toEqual([
      "Agents / absent: MCP server docs: ORCH_TEST_UNSET is not set",
      "Agents / absent: MCP server docs: no-such-server was not found",
      `Agents / outside: MCP server docs: ${join(dir, "servers", "docs.js")} is not to be seen inside the sandbox`,
    ]);
    const details = found.sections.at(-1)?.checks.map(({ detail }) => detail);
    expect(details).toContainEqual(expect.stringMatching(/^true .*\(kind gemini\) · MCP server docs$/));
  });
});

test("entries that would lead agents to Redis or the bot are problems, as they keep the worker host from starting", async () => {
  const file = join(dir, "too-far.yml");
  const port = new URL(redis.url).port;
  const agent = "{ kind: plain, command: [git], allow: ['127.0.0.1:3000'] }";
  await writeFile(file, `agents: { one: ${agent} }\nallow: ['127.0.0.1:${port}', '127.0.0.1:4010']\n`);
  const { report: found } = await report({ ORCH_CONFIG: file });
  expect(problemsIn(found)).toEqual([
    expect.stringContaining(`Settings / operator's file: ${file}: allow lists 127.0.0.1:${port}, where`),
    expect.stringContaining(`Settings / operator's file: ${file}: agents.one.allow lists 127.0.0.1:3000, where`),
  ]);
  const remedies = found.sections.flatMap(({ checks }) => checks.filter(({ status }) => status === "problem"));
  expect(remedies.map(({ remedy }) => remedy)).toEqual(Array(2).fill(`Remove the entry from ${file}`));
});

test("hosts that are listed where no sandbox keeps agents to them are something to know about", async () => {
  const file = join(dir, "listed.yml");
  await writeFile(file, "agents: { git: { kind: plain, command: [git], egress: listed } }\nsandbox: none\n");
  const { report: found } = await report({ ORCH_CONFIG: file });
  const notes = found.sections.flatMap(({ checks }) => checks.filter(({ status }) => status === "note"));
  expect(notes.map(({ detail }) => detail)).toContainEqual(
    expect.stringContaining("has no effect with `sandbox: none`"),
  );
});

test("what is wrong in the operator's file is told in its own words, and corrected there", async () => {
  const file = join(dir, "mistakes.yml");
  const lines = [
    "agents:",
    "  one: { kind: plain, command: git commit }",
    "slot: 3",
    "slots: many",
    "limits: { verifyRounds: -1 }",
  ];
  await writeFile(file, lines.join("\n"));
  const { report: found } = await report({ ORCH_CONFIG: file });
  const checks = found.sections.flatMap(({ checks }) => checks).filter(({ name }) => name === "operator's file");
  expect(checks.map(({ detail }) => detail.replace(`${file}: `, ""))).toEqual([
    'agents.one.command: expected a list, such as [one, two], not "git commit"',
    'slots: expected a number, not "many"',
    "limits.verifyRounds: expected at least 0",
    "file: unknown key slot",
  ]);
  for (const { remedy } of checks) expect(remedy).toContain(`correct it in ${file}`);
});

describe("where bot and worker host meet", () => {
  const meeting = async (changes: Record<string, string>) => {
    const { report: found } = await report({ ...botOnly, ...changes });
    return found.sections.flatMap(({ checks }) => checks).filter(({ name }) => name === "BOT_URL");
  };

  test("is told of: a folder, and for worker hosts elsewhere an https address", async () => {
    const folder = join(dir, "data", "bot");
    const own = { status: "ok", detail: `bot and worker hosts of this machine meet in ${folder}` };
    expect(await meeting({})).toEqual([expect.objectContaining(own)]);
    expect(await meeting({ BOT_URL: "https://bot.example.com" })).toEqual([
      expect.objectContaining(own),
      expect.objectContaining({ status: "ok", detail: expect.stringContaining("/workers/*") }),
    ]);
  });

  test("is a problem where others can enter the folder", async () => {
    const open = await mkdtemp(join(dir, "open-"));
    await chmod(open, 0o755);
    expect(await meeting({ BOT_URL: `unix://${open}` })).toEqual([
      expect.objectContaining({ status: "problem", remedy: expect.stringContaining(`chmod 700 ${open}`) }),
    ]);
  });

  test("is no http:// any more", async () => {
    const { report: found } = await report({ ...botOnly, BOT_URL: "http://127.0.0.1:3000" });
    expect(problemsIn(found)).toEqual([expect.stringContaining("BOT_URL must not be http://")]);
  });
});

test("a secret too short to be one does not blot out the words of the report", async () => {
  const { report: found } = await report({ ...botOnly, WEBHOOK_SECRET: "App" });
  expect(problemsIn(found)).toEqual([expect.stringContaining("WEBHOOK_SECRET must have at least 16 characters")]);
  expect(JSON.stringify(found)).not.toContain("[redacted]");
});

test("a machine with a worker host only is not asked for the App's key, nor for a Redis of its own", async () => {
  const { APP_ID: _id, PRIVATE_KEY: _key, WEBHOOK_SECRET: _secret, ...hostOnly } = env;
  const { code, stdout } = await runOrch(["doctor", "--json"], {
    cwd: dir,
    env: { ...hostOnly, BOT_URL: "https://bot.example.com" },
  });
  const found = JSON.parse(stdout) as Report;
  expect(problemsIn(found)).toEqual([]);
  expect(code).toBe(0);
  expect(found.sections.map(({ title }) => title)).not.toContain("GitHub");
});

test("no secret is ever printed, not even one that is wrong", async () => {
  for (const wrong of ["PRIVATE_KEY", "WEBHOOK_SECRET"]) {
    const { text } = await report({ ...botOnly, [wrong]: "too-short-one" });
    for (const secret of [...Object.values(secrets), "too-short-one", ...privateKey.split("\n").slice(1, 4)]) {
      expect(text).not.toContain(secret);
    }
  }
});

const mayRead = (await unreachablePaths({ slot: 0, uid: 65_534 }, [{ source: ORCH }, { source: process.execPath }]))
  .length;
test.skipIf(process.getuid?.() !== 0 || mayRead > 0)("an ordinary user can run it too", async () => {
  const home = await mkdtemp(join(dir, "home-"));
  await chmod(home, 0o777);
  const { stdout, stderr } = await runOrch(["doctor", "--json"], { cwd: home, user: 65_534 });
  expect(stderr).toBe("");
  const found = JSON.parse(stdout) as Report;
  expect(found.sections.map(({ title }) => title)).toEqual(["Programs", "Settings", "Redis", "Sandbox"]);
});
