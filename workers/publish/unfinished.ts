/**
 * What an agent left in the middle, or in another place than on its branch: an operation of git that stopped, open conflicts,
 * commits on another branch or on none, a stash. Its repository is read inside its sandbox; what comes back is data.
 */
import { count } from "../../src/text/amounts.ts";
import { runProgram } from "../run-program.ts";
import type { Confinement, SandboxDriver } from "../sandbox/sandbox.ts";
import { checkSha } from "../workspace/host-folders.ts";
import type { Workspace } from "../workspace/workspace.ts";
import { named, type Objection, shownName } from "./objection.ts";
import { QUIET_GIT } from "./quiet-git.ts";

export type Survey = {
  workspace: Workspace;
  driver: SandboxDriver;
  /** The run's own confinement. */
  confinement: Confinement;
  signal?: AbortSignal;
};

const SURVEY_MS = 60_000;
const MAX_BYTES = 200_000;

/** `$1`: the commit that the work started from; `$2`: the branch. Each finding is `what NUL value NUL`. */
const SCRIPT = `${QUIET_GIT}
dir=$(git rev-parse --git-dir) || exit 1
say() { printf '%s\\0%s\\0' "$1" "$2"; }
if test -e "$dir/rebase-apply/applying"; then say operation am
elif test -e "$dir/rebase-merge" || test -e "$dir/rebase-apply"; then say operation rebase
elif test -e "$dir/CHERRY_PICK_HEAD" || test -e "$dir/sequencer" && ! test -e "$dir/REVERT_HEAD"; then say operation cherry-pick
elif test -e "$dir/REVERT_HEAD"; then say operation revert
elif test -e "$dir/BISECT_LOG" && ! git symbolic-ref -q HEAD >/dev/null; then say operation bisect
elif test -e "$dir/MERGE_HEAD"; then say operation merge
fi
git diff --name-only --diff-filter=U -z | head -c 20000 | tr '\\0' '\\n' | while read -r path; do say conflict "$path"; done
git for-each-ref --count=100 --format='%(objectname) %(refname:lstrip=2)' refs/heads | while read -r sha name; do
  number=$(git rev-list --count "$sha" --not HEAD --remotes "$1" --) && test "$number" -gt 0 && say "branch $number" "$name"
done
number=$(git rev-list --walk-reflogs --count refs/stash -- 2>/dev/null) && test "$number" -gt 0 && say stash "$number"
git rev-list --walk-reflogs --max-count=200 HEAD -- 2>/dev/null | while read -r sha; do
  git rev-list --walk-reflogs --max-count=1000 "refs/heads/$2" -- 2>/dev/null | grep -q "$sha" && continue
  number=$(git rev-list --count "$sha" --not HEAD --all "$1" --) && test "$number" -gt 0 && { say "nowhere $number" "$sha"; break; }
done
exit 0
`;

/** What stops the work in the middle, and what of it is where Orch does not look. */
export type Unfinished = { stopped: Objection[]; elsewhere: Objection | undefined };

export async function findUnfinished({ workspace, driver, confinement, signal }: Survey): Promise<Unfinished> {
  const { baseSha, branch, inside } = workspace;
  const command = ["/bin/sh", "-c", SCRIPT, "survey", checkSha(baseSha), branch];
  const { env } = confinement;
  const [file = "", ...args] = driver.wrap({ ...confinement, cwd: inside.treeDir }, command);
  const done = await runProgram({ file, args, env, timeoutMs: SURVEY_MS, maxOutputBytes: MAX_BYTES, signal });
  const fields = done.stdout.split("\0");
  const found = new Map<string, string[]>();
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [what = "", value = ""] = [fields[index], fields[index + 1]];
    found.set(what, [...(found.get(what) ?? []), value]);
  }
  return { stopped: whatStopped(found), elsewhere: whatIsElsewhere(found, branch) };
}

type Found = ReadonlyMap<string, readonly string[]>;

const HOW_TO_FINISH: Readonly<Record<string, string>> = {
  am: "`git am --continue`, or end it by `git am --abort`",
  rebase: "`git rebase --continue`, or end it by `git rebase --abort`",
  "cherry-pick": "`git cherry-pick --continue`, or end it by `git cherry-pick --abort`",
  revert: "`git revert --continue`, or end it by `git revert --abort`",
  merge: "`git commit`, or end it by `git merge --abort`",
  bisect: "`git bisect reset`",
};

function whatStopped(found: Found): Objection[] {
  const [operation = ""] = found.get("operation") ?? [];
  const conflicts = found.get("conflict") ?? [];
  const how = HOW_TO_FINISH[operation];
  const open = conflicts.length === 0 ? "" : `, with conflicts in ${named(conflicts)}`;
  if (how === undefined) {
    if (conflicts.length === 0) return [];
    const what = `merge conflicts open in ${named(conflicts)}`;
    return [{ reason: `The agent left ${what}.`, remedy: `You left ${what}. Resolve them and commit the result.` }];
  }
  const what = `a ${operation} that is not finished${open}`;
  return [
    {
      reason: `The agent left ${what}.`,
      remedy: `You left ${what}. ${conflicts.length > 0 ? "Resolve the conflicts and finish it" : "Finish it"} by ${how}.`,
    },
  ];
}

function whatIsElsewhere(found: Found, branch: string): Objection | undefined {
  const places: string[] = [];
  for (const [what, values] of found) {
    const [kind, number = ""] = what.split(" ");
    const commits = count(Number.parseInt(number, 10) || 0, "commit");
    if (kind === "branch") places.push(...values.map((name) => `${commits} on the branch ${shownName(name)}`));
    if (kind === "nowhere") places.push(`${commits} on no branch (the newest is ${shownName(values[0] ?? "")})`);
    if (kind === "stash") places.push("changes in a stash");
  }
  if (places.length === 0) return undefined;
  const where = places.slice(0, 5).join(", ");
  return {
    reason: `Nothing is on the branch that Orch publishes, but the agent left work elsewhere in its repository: ${where}.`,
    remedy: `Nothing is on ${shownName(branch)}, which is the branch that Orch publishes, but there is work elsewhere in your repository: ${where}. Bring what belongs to the task onto ${shownName(branch)} (by \`git merge\`, \`git cherry-pick\` or \`git stash pop\`) and leave that branch checked out.`,
  };
}
