/** Which of the programs that Orch starts are here, and in which version. */

import { dirname } from "node:path";
import { runProgram } from "../../workers/run-program.ts";
import { findProgram, SEARCH_PATH } from "../../workers/sandbox/find-program.ts";
import { PERL } from "../../workers/talk-back/talk-place.ts";
import { type Check, note, ok, problem } from "./check.ts";
import type { Role } from "./role.ts";

type Needed = {
  name: string;
  debianPackage: string;
  use: string;
  /** The option that makes it tell its version; `--version` for most, undefined where there is none. */
  ask?: string | undefined;
  /** Where it is looked for, of the PATH of this process and the fixed places. Without: in the fixed places only. */
  places?: (path: string, searchPath: string) => string;
  /** Its absence is no problem. */
  optional?: string;
};

export type ProgramsOptions = {
  role: Role;
  /** No REDIS_URL is given. */
  ownRedis: boolean;
  /** Agents run in the sandbox. */
  confined: boolean;
  /** The PATH of this process. */
  path: string;
  /** The fixed places. */
  searchPath?: string;
};

const VERSION_MS = 5_000;

export async function checkPrograms(options: ProgramsOptions): Promise<Check[]> {
  const { role, ownRedis, confined } = options;
  const node = ok("node", `${process.versions.node} (${process.execPath})`);
  const wanted = [
    ...(ownRedis ? [redis] : []),
    ...(role.host
      ? [...hostPrograms, ...sandboxPrograms.map((each) => (confined ? each : { ...each, optional }))]
      : []),
  ];
  return [node, ...(await Promise.all(wanted.map((program) => check(program, options))))];
}

const redis: Needed = {
  name: "redis-server",
  debianPackage: "redis-server",
  use: "keeps tasks, as REDIS_URL is unset",
  places: (path, searchPath) => `${path}:${searchPath}`,
};
const sandboxPrograms: readonly Needed[] = [
  { name: "bwrap", debianPackage: "bubblewrap", use: "the agents' sandbox" },
  {
    name: "tcpserver",
    debianPackage: "ucspi-tcp",
    use: "the way out of a sandbox: waits for connections",
    ask: undefined,
  },
  { name: "socat", debianPackage: "socat", use: "the way out of a sandbox: carries a connection", ask: "-V" },
];
const optional = "sandbox: none does not use it";
const hostPrograms: readonly Needed[] = [
  { name: "git", debianPackage: "git", use: "mirrors, workspaces and pushes", places: (path) => path },
  { name: "tmux", debianPackage: "tmux", use: "the agents' sessions", ask: "-V" },
  { name: "setpriv", debianPackage: "util-linux", use: "one user per slot; ends what `npm start` started with it" },
  { name: "prlimit", debianPackage: "util-linux", use: "limits for agents" },
  {
    name: "perl",
    debianPackage: "perl-base",
    use: "the program by which agents talk back",
    places: () => dirname(PERL),
    optional: "agents cannot talk back",
  },
  {
    name: "flock",
    debianPackage: "util-linux",
    use: "one Redis and one worker host per data folder",
    places: (path) => path,
  },
];

async function check(program: Needed, { path, searchPath = SEARCH_PATH }: ProgramsOptions): Promise<Check> {
  const { name, debianPackage, use, optional, places } = program;
  const file = await findProgram(name, places?.(path, searchPath) ?? searchPath);
  if (file === undefined) {
    const remedy = `sudo apt-get install --no-install-recommends ${debianPackage}`;
    return optional ? note(name, `not found; ${optional}`) : problem(name, `not found (${use})`, remedy);
  }
  const ask = "ask" in program ? program.ask : "--version";
  return ok(name, ask === undefined ? use : `${await versionOf(file, ask)} (${use})`);
}

async function versionOf(file: string, ask: string): Promise<string> {
  const answer = await runProgram({ file, args: [ask], env: { PATH: SEARCH_PATH }, timeoutMs: VERSION_MS }).catch(
    (error: Error) => ({ stdout: "", stderr: error.message }),
  );
  return /\d+(\.\d+)+[a-z]?/.exec(answer.stdout + answer.stderr)?.[0] ?? "version unknown";
}
