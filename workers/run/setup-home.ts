/**
 * The home in which the setup command runs before the agent: an empty one, seen where the agent's will be. The agent's holds what
 * its program wants, and perhaps the session of an earlier task, none of which a setup command may see. What the command
 * leaves in its home is the agent's afterwards.
 */
import { join } from "node:path";
import { runProgram } from "../run-program.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import type { Ground, Place } from "./ground.ts";
import type { Run, Shared } from "./run.ts";
import { confinementOf } from "./step/confinement.ts";

const FOLDER = "setup";
const MOVE_MS = 10 * 60_000;

const OPEN = 'umask 077 && mkdir -p "$1/home" "$1/tmp"';

/** What the agent has already stays as it is. `$1`: the folder; `$2`: the agent's home. */
const HAND_OVER = `
if test -d "$1/home"; then
  cd "$1/home" || exit 1
  for name in * .[!.]* ..?*; do
    test -e "$name" || test -L "$name" || continue
    if test -e "$2/$name" || test -L "$2/$name"; then
      test -d "$name" && test -d "$2/$name" || continue
      cp -a -- "$2/$name" . && rm -rf -- "$2/$name" || exit 1
    fi
    mv -- "$name" "$2/" || exit 1
  done
  cd "$2" || exit 1
fi
rm -rf "$1" 2>/dev/null || { chmod -R u+rwX "$1" && rm -rf "$1"; }
`;

/** The ground with the empty home in place of the agent's. Again is fine. */
export async function openFreshHome(shared: Shared, run: Run, ground: Ground): Promise<Ground> {
  const { workspace } = ground;
  await inWorkspace(shared, run, ground, [OPEN, "open", join(workspace.inside.dir, FOLDER)]);
  const [homeDir, tmpDir] = ["home", "tmp"].map((name) => join(workspace.dir, FOLDER, name)) as [string, string];
  // Without a sandbox nothing can be shown in another place.
  const inside = workspace.inside.dir === workspace.dir ? { ...workspace.inside, homeDir, tmpDir } : workspace.inside;
  return { ...ground, workspace: { ...workspace, homeDir, tmpDir, inside } };
}

/** Again is fine. */
export async function handHomeOver(shared: Shared, run: Run, ground: Place): Promise<void> {
  const { inside } = ground.workspace;
  await inWorkspace(shared, run, ground, [HAND_OVER, "hand-over", join(inside.dir, FOLDER), inside.homeDir]);
}

async function inWorkspace(shared: Shared, run: Run, place: Place, script: readonly string[]): Promise<void> {
  const env = { PATH: SEARCH_PATH, LC_ALL: "C" };
  const confinement = confinementOf(run, place, env);
  const [file = "", ...args] = shared.driver.wrap(confinement, ["/bin/sh", "-c", ...script]);
  const done = await runProgram({ file, args, env, timeoutMs: MOVE_MS, signal: run.signal });
  if (done.exitCode === 0) return;
  run.signal.throwIfAborted();
  throw new Error(`The home of the setup command could not be moved: ${done.stderr.trim().slice(-300)}`);
}
