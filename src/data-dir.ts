/** Where Orch keeps everything that is this machine's own. Apart from config.ts, so that `orch start` need not hold a parser. */
import { homedir } from "node:os";
import { join } from "node:path";

/** `ORCH_DATA`; when that is unset, the system's place for root, the user's own for everybody else. */
export function dataDirOf(env: Readonly<Record<string, string | undefined>>): string {
  if (env.ORCH_DATA) return env.ORCH_DATA;
  if (process.getuid?.() === 0) return "/var/lib/orch";
  return join(env.XDG_DATA_HOME ?? join(env.HOME ?? homedir(), ".local", "share"), "orch");
}

/** Where bots and worker hosts of one machine meet, unless BOT_URL says otherwise. */
export const botFolderOf = (dataDir: string): string => join(dataDir, "bot");

/** The history of tasks that are over, as far as bots of this machine keep one. */
export const historyFileOf = (dataDir: string): string => join(dataDir, "history", "history.sqlite");
