/**
 * How this host runs git. Everything a repository, a user's home or the machine could inject (hooks, fsmonitor, filters,
 * helpers, templates, other protocols) is off: in the environment and in options for `hostGit`, in the environment and in
 * the mirror's own configuration file for `mirrorGit`. Host git is only ever pointed at mirrors, never at a repository or a
 * work tree that an agent can write.
 */
import { type SimpleGit, simpleGit } from "simple-git";
import { type Finished, runProgram } from "../run-program.ts";

/** Time for a git command that only reads or writes local objects. */
export const LOCAL_GIT_MS = 60_000;

/** Transports a command may use. "none" for everything that has no business with a remote. */
export type Protocols = "none" | "https" | "https:http" | "file";

/**
 * The whole environment of a host git. No user or machine configuration, no attributes file, no prompt, no replaced
 * objects, messages in English (they are parsed).
 */
export function gitEnvironment(protocols: Protocols = "none"): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "/usr/local/bin:/usr/bin:/bin",
    HOME: "/nonexistent",
    XDG_CONFIG_HOME: "/nonexistent",
    LC_ALL: "C",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_NO_LAZY_FETCH: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_ALLOW_PROTOCOL: protocols,
  };
}

/** Settings that take away every way of git to run another program; a repository's own configuration cannot undo them. */
export const HARDENED: readonly (readonly [string, string])[] = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["submodule.recurse", "false"],
  ["fetch.recurseSubmodules", "false"],
  ["diff.ignoreSubmodules", "all"],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["commit.gpgSign", "false"],
  ["push.gpgSign", "false"],
];

/** `-c` options for a git started outside simple-git. */
export function hardenedOptions(): string[] {
  return [...HARDENED, ["safe.bareRepository", "explicit"] as const].flatMap(([key, value]) => [
    "-c",
    `${key}=${value}`,
  ]);
}

type HostGit = {
  timeoutMs?: number;
  protocols?: Protocols;
  env?: Record<string, string>;
  input?: string;
  maxOutputBytes?: number;
  signal?: AbortSignal;
};

/** Runs git on a mirror, where simple-git does not fit: standard input, exit codes as answers, other people's programs. */
export function hostGit(gitDir: string, args: readonly string[], options: HostGit = {}): Promise<Finished> {
  const { protocols, env, timeoutMs = LOCAL_GIT_MS, ...rest } = options;
  return runProgram({
    ...rest,
    file: "git",
    args: [...hardenedOptions(), `--git-dir=${gitDir}`, ...args],
    cwd: "/",
    env: { ...gitEnvironment(protocols), GIT_CONFIG_GLOBAL: "/dev/null", ...env },
    timeoutMs,
  });
}

/** As `hostGit`, for commands that must succeed; gives standard output. */
export async function hostGitOutput(gitDir: string, args: readonly string[], options: HostGit = {}): Promise<string> {
  const done = await hostGit(gitDir, args, options);
  if (done.exitCode === 0) return done.stdout;
  const why = done.timedOut ? "took too long" : done.stderr.trim().slice(-500);
  throw new Error(`git ${args[0]} failed in ${gitDir}: ${why}`);
}

type MirrorGit = { signal: AbortSignal; protocols?: Protocols; env?: Record<string, string> };

/**
 * simple-git on a mirror. The environment is explicit and its `unsafe` switches stay off: the hardening that it would refuse
 * as an argument stands in the mirror's configuration file. The directory is named by GIT_DIR, so nothing is searched for.
 */
export function mirrorGit(mirrorDir: string, { signal, protocols, env }: MirrorGit): SimpleGit {
  const environment = { ...gitEnvironment(protocols), GIT_DIR: mirrorDir, ...env };
  const allowEnvironment = Object.keys(environment).filter((name) => name.startsWith("GIT_"));
  return simpleGit({ baseDir: mirrorDir, abort: signal, allowEnvironment, maxConcurrentProcesses: 1 }).env(environment);
}
