/**
 * The driver `none`: no confinement. Where the host is root, at least a user of its own per slot and no way back to
 * root; otherwise the agent is the host's user and can do all that he can. For machines that are thrown away anyway.
 *
 * What a step leaves running is found by its mark, and with a uid of its own whatever mark it bears. As the host's user a
 * process that both leaves its family and changes its environment cannot be told from the user's others, and stays.
 */
import {
  BACKGROUND,
  becomeUser,
  ConfinementError,
  checkConfinement,
  type Limits,
  limitArguments,
  type SandboxDriver,
  targetOf,
} from "./confinement.ts";

/** Said at start and in every receipt: nobody may run like this without having read it. */
export const NONE_WARNING =
  "SANDBOX OFF (sandbox: none): agents run unconfined. An agent, or any text that it reads, can read every file that " +
  "its user can read, reach every service of this machine and of its network, and disturb other tasks. Use it only on a machine that " +
  "holds nothing of value, or install bubblewrap and choose `sandbox: auto`.";

export type NoneOptions = {
  programs: { setpriv: string; nice: string; prlimit: string; env: string };
  limits: Limits;
  hostUid: number;
};

export function noneDriver({ programs, limits, hostUid }: NoneOptions): SandboxDriver {
  return {
    name: "none",
    wrap(confinement, command) {
      checkConfinement(confinement, command);
      const moved = confinement.mounts.find((mount) => targetOf(mount) !== mount.source);
      if (moved) throw new ConfinementError(`without a sandbox ${moved.source} cannot appear as ${targetOf(moved)}`);
      if ((confinement.user.uid ?? hostUid) === 0) {
        throw new ConfinementError(`slot ${confinement.user.slot} has no user of its own: agents never run as root`);
      }
      // Counted per user: for a user that the slot shares with others the cap would hit the wrong ones.
      const caps =
        confinement.user.uid === undefined ? (["fileBytes"] as const) : (["processes", "fileBytes"] as const);
      return [
        ...becomeUser(programs.setpriv, confinement.user),
        // After the change of user, which clears it: the agent ends with the program that started it.
        ...[programs.setpriv, "--no-new-privs", "--pdeathsig", "KILL", "--"],
        ...[programs.prlimit, ...limitArguments(limits, caps, confinement.caps), "--"],
        ...[programs.nice, ...BACKGROUND],
        ...[programs.env, `--chdir=${confinement.cwd}`, "--"],
        ...command,
      ];
    },
  };
}
