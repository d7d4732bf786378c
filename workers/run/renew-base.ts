/**
 * Brings the workspace of an agent that has only looked so far to where the branch stands now: it proposes anew, and on what there is.
 * git runs in the sandbox, as everything does in a workspace; what setup made and git ignores stays.
 */
import { startBranchesOf, startRefOf } from "../../src/task/branch.ts";
import { runProgram } from "../run-program.ts";
import { fetchRefs } from "../workspace/fetch-refs.ts";
import { gitEnvironment } from "../workspace/git.ts";
import { readRecord, writeRecord } from "../workspace/record.ts";
import { guardTree } from "../workspace/tree-guard.ts";
import { tryAgain } from "../workspace/try-again.ts";
import type { Ground } from "./ground.ts";
import { identityOf, type Run, type Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";

const RENEW_MS = 5 * 60_000;

/** `$1`: the commit; then pairs of a ref and a commit. The mirror, whose objects the workspace borrows, has them all. */
const SCRIPT = `
git reset --quiet --hard "$1" && git clean --force --force -d --quiet || exit 1
shift
while [ $# -gt 1 ]; do git update-ref --no-deref "$1" "$2" || exit 1; shift 2; done
`;

export async function renewBase(shared: Shared, run: Run, ground: Ground): Promise<void> {
  const { record } = run.folder;
  if (!record.renew) return;
  const { spec } = run.task;
  const { mirror, workspace, prepared } = ground;
  const deadline = AbortSignal.timeout(shared.operator.limits.preparingMinutes * 60_000);
  const signal = AbortSignal.any([run.signal, deadline]);
  const tips = await tryAgain(
    async () => {
      const { cloneUrl, token, tips: known } = await shared.bot.token(identityOf(run), "fetch", signal);
      return await fetchRefs(mirror, { cloneUrl, token: async () => token }, startBranchesOf(spec), known);
    },
    { signal, log: run.log },
  );
  const sha = tips[startRefOf(spec)];
  if (sha === undefined) throw new Error("the branch that the work starts from was not fetched");
  await guardTree(mirror, sha);
  const refs = Object.entries(tips).flatMap(([branch, tip]) => [`refs/remotes/origin/${branch}`, tip]);
  const env = { ...gitEnvironment(), PATH: "/usr/local/bin:/usr/bin:/bin", GIT_CONFIG_GLOBAL: "/dev/null" };
  const command = ["/bin/sh", "-c", SCRIPT, "renew", sha, ...refs];
  const [file = "", ...args] = shared.driver.wrap({ ...confinementOf(run, ground), env }, command);
  const done = await runProgram({ file, args, env, timeoutMs: RENEW_MS, signal });
  if (done.exitCode !== 0) throw new Error(`the workspace cannot be brought to ${sha}: ${done.stderr.slice(-300)}`);
  const whole = readRecord(workspace.dir);
  if (whole) writeRecord(workspace.dir, { ...whole, baseSha: sha });
  workspace.baseSha = sha;
  prepared.baseSha = sha;
  record.renew = undefined;
  run.folder.save();
}
