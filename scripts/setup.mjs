/**
 * Sets up what this project needs, once, and then runs something: `node scripts/setup.mjs [file or command] [arguments]`.
 * `--npm-only` before it leaves the operating system's programs out: what only looks at things does not need them.
 * The promise: a fresh clone on a bare Debian with Node 20, npm and git needs nothing else, and a second run notices within
 * a few hundredths of a second that everything is there. Plain JavaScript without dependencies, because it runs before they exist and on the
 * machine's old Node. Speaks on stderr only: stdout belongs to what it starts.
 */
import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { newEnoughNode, oldestNode, projectDir, runByNewerNode } from "../bin/newer-node.js";
import { endWithNpm } from "./end-with-npm.mjs";
import { installModules, modulesAreStale } from "./setup-modules.mjs";
import { installPackages, missingPrograms, preparePackages, sandboxHint } from "./setup-programs.mjs";

/** A reason to stop that names the next step; everything else that is thrown is a bug and shows its stack. */
class SetupError extends Error {}

const say = (text) => console.error(`set-up: ${text}`);

/** Announces a step, runs it, and says how long it took. */
function step(title, run) {
  say(`${title} ...`);
  const start = process.hrtime.bigint();
  const problem = run();
  if (problem) throw new SetupError(problem);
  say(`done in ${Math.round(Number((process.hrtime.bigint() - start) / 1_000_000n) / 100) / 10} s`);
}

function setUp(npmOnly) {
  if (process.platform !== "linux") {
    throw new SetupError(
      "Orch runs on Linux only: it relies on namespaces and /proc. On another system use a container or a virtual machine.",
    );
  }
  const missing = npmOnly ? [] : missingPrograms();
  if (missing.length > 0) setUpPrograms(missing);
  const stale = modulesAreStale(projectDir);
  if (stale) step(`installing npm packages, because ${stale} (npm ci)`, () => installModules(projectDir));
  if (!newEnoughNode()) {
    throw new SetupError(
      `Node ${oldestNode} or newer is needed; this is ${process.version}, and npm brought none for linux-${process.arch}. Install a newer Node.`,
    );
  }
  if (missing.length > 0 || stale) {
    const hint = npmOnly ? undefined : sandboxHint();
    if (hint) say(hint);
    say("everything is there");
  }
}

function setUpPrograms(missing) {
  const packages = [...new Set(missing.map((program) => program.package))];
  const { root, problem } = preparePackages(packages);
  if (problem) throw new SetupError(problem);
  step(`installing ${packages.join(", ")} (apt-get)`, () => installPackages(packages, root));
  const still = missingPrograms().map((program) => program.name);
  if (still.length > 0)
    throw new SetupError(`apt-get succeeded, but these programs are still not found: ${still.join(", ")}`);
}

/** A path stays what it is; a bare name is a program of an installed npm package. */
function fileOf(command) {
  const program = join(projectDir, "node_modules", ".bin", command);
  if (existsSync(command)) return command;
  if (command.includes("/") || !existsSync(program)) throw new SetupError(`there is nothing to run at ${command}`);
  return realpathSync(program);
}

const given = process.argv.slice(2);
const npmOnly = given[0] === "--npm-only";
const [command, ...args] = npmOnly ? given.slice(1) : given;
let file;
try {
  process.chdir(projectDir);
  setUp(npmOnly);
  if (command) file = fileOf(command);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  for (const line of error.message.split("\n")) say(line);
  process.exit(1);
}
if (file) {
  endWithNpm();
  await runByNewerNode(file, args);
}
