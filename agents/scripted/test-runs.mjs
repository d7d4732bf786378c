/** Running tests and reading what they say: the judging command as a whole, and single files of Node's test runner. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** A change can make a loop endless: a file gets five times what it took at first, and a bit. */
const firstTimeout = 60_000;
const timeouts = new Map();
const commandTimeout = 5 * 60_000;

/** Worse than any number of failing tests: the file could not even be run to its end. */
const brokenScore = 1_000;

/** Colours off: the output is read by this program. A test runner's own variables must not reach the tests' runner. */
function childEnv() {
  const { NODE_TEST_CONTEXT, FORCE_COLOR, ...env } = process.env;
  return { ...env, NO_COLOR: "1" };
}

function run(file, args, timeout) {
  const options = { encoding: "utf8", env: childEnv(), timeout, killSignal: "SIGKILL", maxBuffer: 64 * 1024 * 1024 };
  const { status, stdout, stderr, error } = spawnSync(file, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  return { exitCode: status ?? 1, output: `${stdout ?? ""}${stderr ?? ""}${error ? `\n${error.message}` : ""}` };
}

/** A command line as its author would type it. */
export function runCommand(command) {
  return run("sh", ["-c", command], commandTimeout);
}

export function lastLines(output, count = 15) {
  return output.trimEnd().split("\n").slice(-count).join("\n");
}

export function isTest(path) {
  return /(?:\.(?:test|spec)\.[cm]?js|(?:^|\/)(?:test|tests|__tests__)\/.*\.[cm]?js)$/.test(path);
}

/** `expected: 'a'` of a TAP diagnostic; texts over several lines are left alone. */
function field(diagnostic, name) {
  const value = new RegExp(`^\\s+${name}: (.*)$`, "m").exec(diagnostic)?.[1];
  return value === undefined || /^[|>][-+]?\s*$/.test(value) ? undefined : value;
}

/** Each failing test of a TAP report, groups left out: a group fails because a test in it does. */
function failuresIn(tap) {
  const failures = [];
  for (const [, name, diagnostic] of tap.matchAll(/^\s*not ok \d+ - (.*)\n\s+---\n([\s\S]*?)\n\s+\.\.\.$/gm)) {
    if (field(diagnostic, "failureType") === "'subtestsFailed'") continue;
    failures.push({
      name,
      line: Number(/:(\d+):\d+'?$/.exec(field(diagnostic, "location") ?? "")?.[1] ?? 0),
      expected: field(diagnostic, "expected"),
      actual: field(diagnostic, "actual"),
      diagnostic,
    });
  }
  return failures;
}

/**
 * How one test file stands. `score` counts its failing tests: 0 = all pass.
 * @typedef {{ name: string, line: number, expected?: string, actual?: string, diagnostic: string }} Failure
 * @returns {{ file: string, score: number, failures: Failure[] }}
 */
export function measure(file) {
  const before = performance.now();
  const { exitCode, output } = run(process.execPath, ["--test-reporter=tap", file], timeouts.get(file) ?? firstTimeout);
  if (!timeouts.has(file)) timeouts.set(file, 1_000 + 5 * Math.ceil(performance.now() - before));
  const failing = /^# fail (\d+)$/m.exec(output)?.[1];
  const failures = failuresIn(output);
  if (exitCode === 0) return { file, score: 0, failures: [] };
  return { file, score: failing === undefined ? brokenScore : Math.max(1, Number(failing)), failures };
}

/** Relative imports of one file, as paths of the repository. */
function importsOf(file, tracked) {
  const text = readFileSync(file, "utf8");
  const names = [...text.matchAll(/(?:from\s*|import\s*\(?\s*|require\s*\(\s*)["'](\.[^"']+)["']/g)].map(
    ([, name]) => name,
  );
  return names.flatMap((name) => {
    const path = normalize(join(dirname(file), name));
    return [path, `${path}.js`, `${path}.mjs`, `${path}.cjs`, `${path}/index.js`]
      .filter((guess) => tracked.has(guess))
      .slice(0, 1);
  });
}

/** The repository's own code that these test files import, directly or not; nearest first. */
export function sourcesOf(failing, files) {
  const tracked = new Set(files.filter((file) => existsSync(file)));
  const seen = new Set(failing.map(({ file }) => file));
  const queue = [...seen];
  for (const file of queue) {
    for (const found of importsOf(file, tracked)) {
      if (seen.has(found) || !/\.[cm]?js$/.test(found)) continue;
      seen.add(found);
      queue.push(found);
    }
  }
  return queue.filter((file) => !isTest(file));
}
