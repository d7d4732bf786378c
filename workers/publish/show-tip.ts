/**
 * Makes the tree what would be published, so that the repository's check judges that and nothing else. Changes that git was
 * told not to see (`update-index --assume-unchanged`, filters, private exclude files) are undone, and so are files that are
 * neither in the commits nor ignored by a `.gitignore`. What the repository ignores stays: dependencies, build output.
 *
 * A repository of its own, in the sandbox's own /tmp, does it: nothing that the agent configured is read. Files that are
 * right already are not touched, so a build tool sees no change.
 */
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import { gitEnvironment } from "../workspace/git.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Mirror } from "../workspace/mirror.ts";
import type { Workspace } from "../workspace/workspace.ts";

export type ShownTip = {
  /** Collected. */
  tip: string;
  workspace: Workspace;
  mirror: Mirror;
  driver: SandboxDriver;
  /** The run's own confinement: the workspace is writable in it. */
  confinement: Confinement;
  signal?: AbortSignal;
};

const SHOW_MS = 5 * 60_000;

/** `$1`: commit; `$2`, `$3`: where its objects are. `update-index` says with code 1 that files differ: they are next. */
const SCRIPT = `
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
export GIT_DIR="$dir/git" GIT_WORK_TREE="$PWD"
git init --quiet --template= || exit 1
printf '%s\\n' "$2" "$3" >"$GIT_DIR/objects/info/alternates"
git read-tree "$1" || exit 1
git update-index -q --really-refresh >/dev/null
git checkout-index --all --force --quiet || exit 1
git clean --force --force -d --quiet
`;

/** False when the tree cannot be brought there, because of what the agent left in it. */
export async function showTip({ tip, workspace, mirror, driver, confinement, signal }: ShownTip): Promise<boolean> {
  const env = { ...gitEnvironment(), PATH: "/usr/local/bin:/usr/bin:/bin", GIT_CONFIG_GLOBAL: "/dev/null" };
  const objects = [join(workspace.inside.repositoryDir, "objects"), join(mirror.dir, "objects")];
  const command = ["/bin/sh", "-c", SCRIPT, "show-tip", checkSha(tip), ...objects];
  const [file = "", ...args] = driver.wrap({ ...confinement, cwd: workspace.inside.treeDir, env }, command);
  return (await runProgram({ file, args, env, timeoutMs: SHOW_MS, signal })).exitCode === 0;
}
