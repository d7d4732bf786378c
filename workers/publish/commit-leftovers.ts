/**
 * Commits what the agent changed and did not commit. It runs inside the sandbox, because a commit obeys the repository's
 * configuration, and that is the agent's: whatever is planted there meets the agent's own walls.
 */
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import type { Workspace } from "../workspace/workspace.ts";

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
 * A lock that a killed git left behind is cleared: nobody else works here now. A merge with open conflicts is not committed,
 * the conflict marks would be published.
 */
const SCRIPT = `
export GIT_TERMINAL_PROMPT=0
git() { command git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c commit.gpgSign=false "$@"; }
rm -f "$(git rev-parse --git-path index.lock)" || exit 1
test -z "$(git ls-files --unmerged | head -n 1)" || exit 1
git add --all || exit 1
git diff --cached --quiet --no-ext-diff && exit 10
git commit --quiet --no-verify --message="$ORCH_SUBJECT" || exit 1
`;
const NOTHING = 10;

/** "failed" is for the log: what the agent had committed itself stands, and can be collected. */
export async function commitLeftovers(leftovers: Leftovers): Promise<"committed" | "nothing" | "failed"> {
  const { workspace, driver, signal } = leftovers;
  const identity = { name: "Orch agent", email: "agent@orch.invalid" };
  const env = {
    ...leftovers.confinement.env,
    GIT_AUTHOR_NAME: identity.name,
    GIT_AUTHOR_EMAIL: identity.email,
    GIT_COMMITTER_NAME: identity.name,
    GIT_COMMITTER_EMAIL: identity.email,
    ORCH_SUBJECT: leftovers.subject,
  };
  const confinement = { ...leftovers.confinement, cwd: workspace.inside.treeDir, env };
  const [file = "", ...args] = driver.wrap(confinement, ["/bin/sh", "-c", SCRIPT]);
  const done = await runProgram({ file, args, env, timeoutMs: COMMIT_MS, signal });
  if (done.exitCode === 0) return "committed";
  return done.exitCode === NOTHING ? "nothing" : "failed";
}
