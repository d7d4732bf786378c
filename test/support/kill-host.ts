/**
 * Kills the worker host at each of its steps, which are the git programs that it starts itself: once before one of each kind, and of
 * some kinds once more when the program is done and the host has not heard so. Which kinds there are is found out on the way.
 */
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { Orch } from "./orch.ts";

export type HostKiller = {
  /** To be given to the host, so that it finds our git before the real one. */
  env: { PATH: string };
  /** From here on the host dies, at most so many times, and is started again each time. Resolves with `done`, when the host is up. */
  during<T>(orch: Orch, atMost: number, done: Promise<T>): Promise<T>;
  /** What the host has died of so far, e.g. "push" and "push, done". */
  deaths(): string[];
  close(): void;
};

/** The kind of a git program is its subcommand. A program of a slot's user cannot make the mark, and is let be. */
const script = (dir: string, git: string, both: readonly string[], only: readonly string[]) => `#!/bin/sh
[ -e ${dir}/armed ] || exec ${git} "$@"
kind=other skip=
for word; do
  if [ -n "$skip" ]; then skip=; continue; fi
  case "$word" in
    -c|-C|--git-dir|--work-tree) skip=1 ;;
    -*) ;;
    *) kind=$word; break ;;
  esac
done
case " ${only.join(" ")} " in "  "|*" $kind "*) ;; *) exec ${git} "$@" ;; esac
die() { kill -9 "$(cat ${dir}/armed)"; exit 1; }
mkdir "${dir}/died/$kind" 2>/dev/null && die
case " ${both.join(" ")} " in
  *" $kind "*) [ -e "${dir}/died/$kind, done" ] || { ${git} "$@"; mkdir "${dir}/died/$kind, done" 2>/dev/null && die; exit 1; } ;;
esac
exec ${git} "$@"
`;

/** `only`: the kinds of which it dies; by default of all. */
export function makeHostKiller(
  both: readonly string[] = [],
  { only = [] }: { only?: readonly string[] } = {},
): HostKiller {
  const dir = mkdtempSync(join(tmpdir(), "orch-kill-host-"));
  chmodSync(dir, 0o755);
  mkdirSync(join(dir, "died"));
  const path = (process.env.PATH ?? "/usr/bin").split(delimiter);
  const git = path.map((folder) => join(folder, "git")).find((file) => existsSync(file));
  if (!git) throw new Error("there is no git on the PATH");
  mkdirSync(join(dir, "bin"));
  writeFileSync(join(dir, "bin", "git"), script(dir, git, both, only), { mode: 0o755 });
  const armed = join(dir, "armed");
  const deaths = () => readdirSync(join(dir, "died")).sort();

  async function revive({ host }: Orch, mayDieAgain: boolean): Promise<void> {
    rmSync(armed, { force: true });
    await host.start();
    if (mayDieAgain) writeFileSync(armed, String(host.pid()));
  }

  async function during<T>(orch: Orch, atMost: number, done: Promise<T>): Promise<T> {
    let isDone = false;
    const end = done.finally(() => {
      isDone = true;
    });
    writeFileSync(armed, String(orch.host.pid()));
    for (let left = atMost; !isDone; ) {
      await Promise.race([orch.host.ended(), end]);
      if (orch.host.isRunning()) continue;
      left -= 1;
      await revive(orch, left > 0 && !isDone);
    }
    rmSync(armed, { force: true });
    if (!orch.host.isRunning()) await orch.host.start();
    return await end;
  }

  return {
    env: { PATH: [join(dir, "bin"), ...path].join(delimiter) },
    during,
    deaths,
    close: () => rmSync(dir, { recursive: true, force: true }),
  };
}
