/** The little git that the agent needs, in the current folder. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

function git(...args) {
  return spawnSync("git", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

/** Paths of all files of the repository; a listing is not edited, so a git that fails here ends the program. */
export function trackedFiles() {
  const { status, stdout, stderr, error } = git("ls-files", "-z");
  if (status !== 0) throw new Error(`git ls-files failed: ${error?.message ?? stderr}`);
  return stdout.split("\0").filter((path) => path !== "");
}

const identity = ["-c", "user.name=Scripted agent", "-c", "user.email=scripted-agent@orch.invalid"];
const author = [...identity, "-c", "commit.gpgSign=false"];

/** Commits whatever has changed; returns what went wrong, if anything. */
export function commitAll(message) {
  const added = git("add", "--all");
  const { status, stdout, stderr } = added.status === 0 ? git(...author, "commit", "-q", "-m", message) : added;
  return status === 0 ? undefined : `${stdout}${stderr}`.trim();
}

/** Merges a commit; where both sides have added lines in one place, each is kept. Returns what went wrong, if anything. */
export function mergeBoth(other) {
  const { status } = git(...author, "merge", "--no-edit", "-q", other);
  if (status === 0) return undefined;
  const { stdout } = git("diff", "--name-only", "--diff-filter=U", "-z");
  for (const path of stdout.split("\0").filter((name) => name !== "")) {
    const lines = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, lines.filter((line) => !/^(?:<{7}|={7}|>{7})/.test(line)).join("\n"));
  }
  return commitAll("Merge what others have done");
}

/** Commits these files; returns what went wrong, if anything. */
export function commit(files, message) {
  const { status, stdout, stderr } = git(...author, "commit", "-q", "-m", message, "--", ...files);
  return status === 0 ? undefined : `${stdout}${stderr}`.trim();
}
