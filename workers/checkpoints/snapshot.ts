/**
 * One commit of all that an agent has made: its HEAD, its other branches, what it has stashed, and the files of its worktree as
 * they are now, committed or not. Made inside the sandbox, beside the agent while it works: with an index of its own, so that
 * neither the agent's index nor any of its refs is touched. Files that `.gitignore` hides are left out.
 */
import { AGENT_IDENTITY, QUIET_GIT } from "../publish/quiet-git.ts";
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Workspace } from "../workspace/workspace.ts";

export type SnapshotOf = {
  workspace: Workspace;
  driver: SandboxDriver;
  /** `all` of the last one: where nothing has changed since, it stands for everything again. */
  last?: string | undefined;
  /** The run's own confinement: the workspace is writable in it. */
  confinement: Confinement;
  signal?: AbortSignal;
};

/** `head`: the agent's HEAD. `all`: the commit that stands for everything; `head` itself where there is nothing besides. */
export type Snapshot = { head: string; all: string };

const SNAPSHOT_MS = 60_000;
/** Branches and stashes besides HEAD. */
const MAX_OTHERS = 20;

/** Repositories within the repository. */
const MAX_NESTED = 20;

/**
 * With the agent's index as a start, only what has changed since is read again. Of a repository within
 * the repository git takes a reference to a commit that nobody else has, or nothing: its files are taken in its place.
 */
const SCRIPT = `${QUIET_GIT}
export GIT_OPTIONAL_LOCKS=0
head=$(git rev-parse --verify --quiet 'HEAD^{commit}') || exit 1
own=$(mktemp -d) || exit 1
trap 'rm -rf "$own"' EXIT
cp "$(git rev-parse --git-path index)" "$own/index" 2>/dev/null
export GIT_INDEX_FILE="$own/index"
git add --all --ignore-errors >/dev/null 2>&1
dir=$(git rev-parse --absolute-git-dir) || exit 1
touch "$own/tried"
nested() {
  { git ls-files --stage | sed -n 's/^160000 [0-9a-f]* 0\t//p'
    git ls-files --others --exclude-standard | sed -n 's,/$,,p'
  } | grep -vxF -f "$own/tried" | while IFS= read -r each; do
    if [ -e "$each/.git" ] && [ -z "$(git ls-tree HEAD -- "$each")" ]; then printf '%s\\n' "$each"; break; fi
  done
}
for n in $(seq ${MAX_NESTED}); do
  found=$(nested)
  [ -n "$found" ] || break
  printf '%s\\n' "$found" >> "$own/tried"
  git update-index --force-remove -- "$found"
  rm -f "$own/nested"
  inner=$(
    cd -- "$found" && export GIT_INDEX_FILE="$own/nested" GIT_DIR="$dir" GIT_WORK_TREE=.
    git add --all --ignore-errors >/dev/null 2>&1
    git write-tree
  ) && git read-tree --prefix="$found/" "$inner"
done
tree=$(git write-tree) || exit 1
others=$(git for-each-ref --count=${MAX_OTHERS} --no-merged=HEAD --format='-p %(objectname)' refs/heads refs/stash)
all=$head
content=$(echo $tree $head $others | sed 's/ -p//g')
if [ -n "$ORCH_LAST" ] && [ "$(git log -1 --format='%T %P' "$ORCH_LAST" 2>/dev/null)" = "$content" ]; then
  all=$ORCH_LAST
elif [ -n "$others" ] || [ "$tree" != "$(git rev-parse 'HEAD^{tree}')" ]; then
  all=$(git commit-tree "$tree" -p "$head" $others -m 'Everything that the agent had made') || exit 1
fi
echo "$head $all"
`;

/** Undefined when the agent has left its repository in a state that git cannot read. */
export async function makeSnapshot(of: SnapshotOf): Promise<Snapshot | undefined> {
  const env = { ...of.confinement.env, ...AGENT_IDENTITY, ORCH_LAST: of.last ?? "" };
  const confinement = { ...of.confinement, cwd: of.workspace.inside.treeDir, env };
  const [file = "", ...args] = of.driver.wrap(confinement, ["/bin/sh", "-c", SCRIPT]);
  const done = await runProgram({ file, args, env, timeoutMs: SNAPSHOT_MS, signal: of.signal, maxOutputBytes: 1_000 });
  const [, head, all] = /^([0-9a-f]{40}) ([0-9a-f]{40})\n$/.exec(done.stdout) ?? [];
  return done.exitCode === 0 && head && all ? { head: checkSha(head), all: checkSha(all) } : undefined;
}
