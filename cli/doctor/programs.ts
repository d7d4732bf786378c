/** Which of the programs that Orch starts are here, and in which version. */

import { runProgram } from "../../workers/run-program.ts";
import { findProgram, SEARCH_PATH } from "../../workers/sandbox/find-program.ts";
import { type Check, note, ok, problem } from "./check.ts";
import type { Role } from "./role.ts";

type Needed = {
  name: string;
  debianPackage: string;
  use: string;
  /** The option that makes it tell its version; `--version` for most. */
  ask?: string;
  /** Where it is looked for, given the PATH of this process. Without: in fixed places only. */
  places?: (path: string) => string;
  /** Its absence is no problem. */
  optional?: string;
};

export type ProgramsOptions = { role: Role; ownRedis: boolean; confined: boolean; path: string };

const VERSION_MS = 5_000;

/** `ownRedis`: no REDIS_URL is given. `confined`: agents run in the sandbox. `path`: the PATH of this process. */
export async function checkPrograms({ role, ownRedis, confined, path }: ProgramsOptions): Promise<Check[]> {
  const node = ok("node", `${process.versions.node} (${process.execPath})`);
  const wanted = [
    ...(ownRedis ? [redis] : []),
    ...(role.host ? [...hostPrograms, confined ? bwrap : { ...bwrap, optional: "sandbox: none does not use it" }] : []),
  ];
  return [node, ...(await Promise.all(wanted.map((program) => check(program, path))))];
}

const redis: Needed = {
  name: "redis-server",
  debianPackage: "redis-server",
  use: "keeps tasks, as REDIS_URL is unset",
  places: (path) => `${path}:${SEARCH_PATH}`,
};
const bwrap: Needed = { name: "bwrap", debianPackage: "bubblewrap", use: "the agents' sandbox" };
const hostPrograms: readonly Needed[] = [
  { name: "git", debianPackage: "git", use: "mirrors, workspaces and pushes", places: (path) => path },
  { name: "tmux", debianPackage: "tmux", use: "the agents' sessions", ask: "-V" },
  { name: "setpriv", debianPackage: "util-linux", use: "one user per slot; ends what `npm start` started with it" },
  { name: "prlimit", debianPackage: "util-linux", use: "limits for agents" },
  {
    name: "flock",
    debianPackage: "util-linux",
    use: "one Redis and one worker host per data folder",
    places: (path) => path,
  },
  {
    name: "socat",
    debianPackage: "socat",
    use: "sockets between sandbox and host",
    ask: "-V",
    optional: "this version of Orch does not use it",
  },
];

async function check(program: Needed, path: string): Promise<Check> {
  const { name, debianPackage, use, ask = "--version", optional, places } = program;
  const file = await findProgram(name, places?.(path));
  if (file === undefined) {
    const remedy = `sudo apt-get install --no-install-recommends ${debianPackage}`;
    return optional ? note(name, `not found; ${optional}`) : problem(name, `not found (${use})`, remedy);
  }
  return ok(name, `${await versionOf(file, ask)} (${use})`);
}

async function versionOf(file: string, ask: string): Promise<string> {
  const answer = await runProgram({ file, args: [ask], env: { PATH: SEARCH_PATH }, timeoutMs: VERSION_MS }).catch(
    (error: Error) => ({ stdout: "", stderr: error.message }),
  );
  return /\d+(\.\d+)+[a-z]?/.exec(answer.stdout + answer.stderr)?.[0] ?? "version unknown";
}
