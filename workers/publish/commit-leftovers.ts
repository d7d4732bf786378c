/**
 * Commits what the agent changed and did not commit. It runs inside the sandbox, because a commit obeys the repository's
 * configuration, and that is the agent's: whatever is planted there meets the agent's own walls.
 */
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { AGENT_IDENTITY, QUIET_GIT } from "./quiet-git.ts";

export type Leftovers = {
  workspace: Workspace;
  driver: SandboxDriver;
  /** The run's own confinement: the workspace is writable in it. */
  confinement: Confinement;
  /** What the commit says. */
  subject: string;
  signal?: AbortSignal;
};

const COMMIT_MS = 120_000;

/**
 * A lock that a killed git left behind is cleared: nobody else works here now. Nothing is committed in the middle of an
 * operation that has more to do, nor with open conflicts, whose marks would be published; a merge that is resolved is.
 */
const SCRIPT = `${QUIET_GIT}
dir=$(git rev-parse --git-dir) || exit 1
rm -f "$dir/index.lock" || exit 1
for state in rebase-merge rebase-apply sequencer; do test -e "$dir/$state" && exit 11; done
test -e "$dir/BISECT_LOG" && ! git symbolic-ref -q HEAD >/dev/null && exit 11
test -z "$(git ls-files --unmerged | head -n 1)" || exit 11
git add --all || exit 1
test -e "$dir/MERGE_HEAD" || ! git diff --cached --quiet --no-ext-diff || exit 10
git commit --quiet --no-verify --message="$ORCH_SUBJECT" || exit 1
`;
const NOTHING = 10;
const UNFINISHED = 11;
const MAX_DETAIL = 500;

/** `failed`: what the agent had committed itself stands, and can be collected. `detail`: git's words, which are the agent's. */
export type LeftoversDone = { kind: "committed" | "nothing" | "unfinished" } | { kind: "failed"; detail: string };

export async function commitLeftovers(leftovers: Leftovers): Promise<LeftoversDone> {
  const { workspace, driver, signal } = leftovers;
  const env = {
    ...leftovers.confinement.env,
    ...AGENT_IDENTITY,
    ORCH_SUBJECT: leftovers.subject,
  };
  const confinement = { ...leftovers.confinement, cwd: workspace.inside.treeDir, env };
  const [file = "", ...args] = driver.wrap(confinement, ["/bin/sh", "-c", SCRIPT]);
  const done = await runProgram({ file, args, env, timeoutMs: COMMIT_MS, signal });
  switch (done.exitCode) {
    case 0:
      return { kind: "committed" };
    case NOTHING:
      return { kind: "nothing" };
    case UNFINISHED:
      return { kind: "unfinished" };
    default:
      return { kind: "failed", detail: done.timedOut ? "it took too long" : done.stderr.trim().slice(-MAX_DETAIL) };
  }
}
