/**
 * What shows a whole team: one session for each plan, into which the window of every node's step is linked as long as that lives. The
 * windows are those of the steps' own sessions, so nothing runs in it but a note, and closing it ends no step.
 */
import { TmuxError } from "./control-client.ts";
import type { TmuxServer } from "./server.ts";
import { unlessMissing } from "./tmux-session.ts";

const PREFIX = "team-";
/** Longer than a plan is worked on; whoever tidies up ends it before, s. */
const NOTE_S = 8 * 24 * 3600;

/** `plan`: the id of the team's task. */
export const teamSession = (plan: string): string => `${PREFIX}${plan}`;

/** The plan whose session it is. */
export const planOfSession = (session: string): string | undefined =>
  session.startsWith(PREFIX) ? session.slice(PREFIX.length) : undefined;

const STATUS = "#[bg=colour30,fg=colour255,bold] orch team #[default] #{W:#I #W  ,#[bold]#I #W#[nobold]  }";
const KEYS = " next: Ctrl-b n   leave: Ctrl-b d   %H:%M ";

/** `window`: how the step is called there. Again is fine. */
export async function showInTeam(
  server: TmuxServer,
  session: string,
  { plan, window }: { plan: string; window: string },
): Promise<void> {
  const team = teamSession(plan);
  await openTeam(server, team, plan);
  const [own] = await windowsOf(server, session);
  if (own === undefined || (await windowsOf(server, team)).includes(own)) return;
  await unlessMissing(server.command(["rename-window", "-t", own, window]));
  await unlessMissing(server.command(["link-window", "-d", "-s", own, "-t", `=${team}:`]));
}

/** Of `pid` the window is the view: it closes with it. What was shown under this name before is replaced. */
export async function showFileInTeam(
  server: TmuxServer,
  { plan, window }: { plan: string; window: string },
  { file, pid }: { file: string; pid: number },
): Promise<void> {
  const team = teamSession(plan);
  await openTeam(server, team, plan);
  await unlessMissing(server.command(["kill-window", "-t", `=${team}:=${window}`]));
  const view = `trap '' INT QUIT TSTP; exec tail --pid=${pid} -n 2000 -f -- "$1"`;
  const command = ["env", "-i", "sh", "-c", view, "view", file];
  await server.command(["new-window", "-d", "-t", `=${team}:`, "-n", window, "-c", "/", ...command]);
}

async function openTeam(server: TmuxServer, team: string, plan: string): Promise<void> {
  const note = `echo 'The team of task ${plan}: a window for each node at work. Next one: Ctrl-b n, and Ctrl-b p back.'`;
  const command = ["env", "-i", "sh", "-c", `${note}; exec sleep ${NOTE_S}`];
  try {
    await server.command(["new-session", "-d", "-s", team, "-n", "team", "-c", "/", ...command]);
  } catch (error) {
    if (error instanceof TmuxError && error.message.includes("duplicate session")) return;
    throw error;
  }
  for (const [name, value] of Object.entries({
    "status-left": STATUS,
    "status-left-length": "150",
    "status-right": KEYS,
  }))
    await server.command(["set-option", "-t", `=${team}:`, name, value]);
}

const windowsOf = async (server: TmuxServer, session: string): Promise<string[]> =>
  await unlessMissing(server.command(["list-windows", "-t", `=${session}:`, "-F", "#{window_id}"]));

/** The steps whose windows it shows go on. */
export async function closeTeam(server: TmuxServer, plan: string): Promise<void> {
  await unlessMissing(server.command(["kill-session", "-t", `=${teamSession(plan)}`]));
}
