/**
 * A shell's beginning for scripts that compare a workspace's files with a commit, inside the sandbox: a repository of its own in
 * the sandbox's /tmp, with the commit in its index, which reads nothing that the agent configured. `$1`: the commit; `$2`, `$3`:
 * where its objects are, those that can be relied on first.
 */
import { join } from "node:path";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import { gitEnvironment } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Mirror } from "../workspace/mirror.ts";
import type { Workspace } from "../workspace/workspace.ts";

export type TipRepository = {
  tip: string;
  workspace: Workspace;
  mirror: Mirror;
  driver: SandboxDriver;
  /** The run's own confinement: the workspace is writable in it. */
  confinement: Confinement;
};

const OPEN = `
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export GIT_DIR="$dir/git" GIT_WORK_TREE="$PWD"
git init --quiet --template= || exit 1
printf '%s\\n' "$2" "$3" >"$GIT_DIR/objects/info/alternates"
git read-tree "$1" || exit 1
`;

/** The program that runs the script on the workspace's tree, for `runProgram`. `words`: from `$4`. */
export function withTipRepository(
  { tip, workspace, mirror, driver, confinement }: TipRepository,
  script: string,
  words: readonly string[] = [],
) {
  const env = { ...gitEnvironment(), PATH: "/usr/local/bin:/usr/bin:/bin", GIT_CONFIG_GLOBAL: "/dev/null" };
  // The mirror's first: nothing in the workspace can stand for an object that the mirror has.
  const objects = [join(mirror.dir, "objects"), join(workspace.inside.repositoryDir, "objects")];
  const command = ["/bin/sh", "-c", `${OPEN}${script}`, "at-tip", checkSha(tip), ...objects, ...words];
  const [file = "", ...args] = driver.wrap({ ...confinement, cwd: workspace.inside.treeDir, env }, command);
  return { file, args, env };
}
