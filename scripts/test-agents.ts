/**
 * `npm run test:agents [name ...]`: the tests with real agent programs. Those are big and belong to others, so they are
 * installed into `test/agents/` only when somebody asks for them. Without a name every agent's tests run.
 */
import { spawnSync } from "node:child_process";
import { installModules, modulesAreStale } from "./setup-modules.mjs";

const dir = "test/agents";
const stale = modulesAreStale(dir);
if (stale) {
  console.error(`Installing the agents' programs into ${dir}, because ${stale} ...`);
  const problem = installModules(dir);
  if (problem) {
    console.error(problem);
    process.exit(1);
  }
}

const names = process.argv.slice(2).map((name) => (name.startsWith("-") ? name : `${dir}/${name}`));
const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", "agents", ...names];
const { status, error } = spawnSync(process.execPath, vitest, { stdio: "inherit" });
if (error) throw error;
process.exit(status ?? 1);
