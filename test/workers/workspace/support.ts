/** A host's data folder, a repository on a git server, and commits in it, for one test; all of it is gone afterwards. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import type { SlotUser } from "../../../workers/sandbox/sandbox.ts";
import { fetchRefs } from "../../../workers/workspace/fetch-refs.ts";
import type { GitAccess } from "../../../workers/workspace/git-access.ts";
import { openMirror } from "../../../workers/workspace/mirror.ts";
import { createWorkspace } from "../../../workers/workspace/workspace.ts";
import { ownBaseUid } from "../../support/own-uids.ts";
import { createBareRepository, type GitServer, startGitServer } from "./git-server.ts";

export const asRoot = process.getuid?.() === 0;

/** An unprivileged user without an account where the tests run as root, otherwise the user of the tests. */
export const slotUser: SlotUser = asRoot ? { slot: 0, uid: ownBaseUid, gid: ownBaseUid } : { slot: 0 };

const identity = {
  GIT_AUTHOR_NAME: "maintainer",
  GIT_AUTHOR_EMAIL: "maintainer@example.com",
  GIT_COMMITTER_NAME: "maintainer",
  GIT_COMMITTER_EMAIL: "maintainer@example.com",
};

/** Plain git, as a person would run it. */
export function git(cwd: string, ...args: string[]): string {
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1", ...identity };
  return execFileSync("git", args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}

/** What is to be ended after the file, the last first. */
const endings: (() => unknown)[] = [];
let forTheFile = false;
afterAll(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

/** What `make` starts lives until all tests of the file are over, and not until this one is. */
export async function forWholeFile<T>(make: () => Promise<T>): Promise<T> {
  forTheFile = true;
  try {
    return await make();
  } finally {
    forTheFile = false;
  }
}

function whenOver(end: () => unknown): void {
  if (forTheFile) endings.push(end);
  else onTestFinished(async () => void (await end()));
}

/** A folder that slot users can pass through, removed after the test. */
export function temporaryFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), "orch-test-"));
  chmodSync(dir, 0o711);
  whenOver(() => {
    // Agents of the tests lock folders, and only root can remove those as they are.
    execFileSync("chmod", ["-R", "u+rwX", dir]);
    rmSync(dir, { recursive: true, force: true });
  });
  return dir;
}

/** `undefined` deletes, `{ link }` makes a symbolic link. */
export type Files = Record<string, string | { link: string } | undefined>;

export function writeFiles(dir: string, files: Files): void {
  for (const [path, content] of Object.entries(files)) {
    const file = join(dir, path);
    rmSync(file, { force: true });
    if (content === undefined) continue;
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === "string") writeFileSync(file, content);
    else symlinkSync(content.link, file);
  }
}

export type Remote = {
  server: GitServer;
  access: GitAccess;
  /** The repository on the server. */
  bare: string;
  /** A person's clone of it. */
  clone: string;
  /** Commits in the clone and pushes; gives the commit's id. */
  commit(files: Files, branch?: string): string;
  /** From now on a hook on the server refuses pushes with these words. */
  declinePushes(words: string): void;
};

/** `octo-org/example` with one commit on `main`. */
export async function startRemote(files: Files = { "README.md": "hello\n" }): Promise<Remote> {
  const root = temporaryFolder();
  const server = await startGitServer(root);
  whenOver(() => server.close());
  const bare = createBareRepository(root, "octo-org/example");
  const clone = join(root, "clone");
  git(root, "clone", "-q", bare, clone);
  const commit = (changes: Files, branch = "main"): string => {
    git(clone, "checkout", "-q", "-B", branch);
    writeFiles(clone, changes);
    git(clone, "add", "-A");
    git(clone, "commit", "-q", "-m", "a change");
    git(clone, "push", "-q", bare, `HEAD:refs/heads/${branch}`);
    return git(clone, "rev-parse", "HEAD");
  };
  commit(files);
  const access = { cloneUrl: `${server.url}/octo-org/example.git`, token: async () => server.token };
  const declinePushes = (words: string) =>
    writeFileSync(join(bare, "hooks", "pre-receive"), `#!/bin/sh\necho '${words}'\nexit 1\n`, { mode: 0o755 });
  return { server, access, bare, clone, commit, declinePushes };
}

/** A host with the remote's `main` in its mirror. `seenAt`: where its sandboxes show a workspace. */
export async function startHost(remote: Remote, seenAt?: string) {
  const dataDir = temporaryFolder();
  const mirror = openMirror(dataDir, 42);
  const { main = "" } = await fetchRefs(mirror, remote.access, ["main"]);
  const create = (taskId: string, branch = `orch/7-${taskId}`, sha = main) =>
    createWorkspace({ dataDir, taskId, mirror, sha, branch, user: slotUser, seenAt });
  return { dataDir, mirror, main, create, seenAt };
}

/** The program of the slot's user that prints what `script` prints. */
export function asAgent(cwd: string, script: string): string {
  const program = asRoot ? ["setpriv", `--reuid=${slotUser.uid}`, `--regid=${slotUser.gid}`, "--clear-groups"] : [];
  const [file = "sh", ...args] = [...program, "sh", "-ec", script];
  const env = { PATH: process.env.PATH, HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" };
  return execFileSync(file, args, { cwd, env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
}
