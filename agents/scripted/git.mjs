/** The little git that the agent needs, in the current folder. */
import { spawnSync } from "node:child_process";

function git(...args) {
  return spawnSync("git", args, { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
}

/** Paths of all files of the repository; a listing is not edited, so a git that fails here ends the program. */
export function trackedFiles() {
  const { status, stdout, stderr, error } = git("ls-files", "-z");
  if (status !== 0) throw new Error(`git ls-files failed: ${error?.message ?? stderr}`);
  return stdout.split("\0").filter((path) => path !== "");
}

/** Commits these files; returns what went wrong, if anything. */
export function commit(files, message) {
  const identity = ["-c", "user.name=Scripted agent", "-c", "user.email=scripted-agent@orch.invalid"];
  const { status, stdout, stderr } = git(
    ...identity,
    "-c",
    "commit.gpgSign=false",
    "commit",
    "-q",
    "-m",
    message,
    "--",
    ...files,
  );
  return status === 0 ? undefined : `${stdout}${stderr}`.trim();
}
