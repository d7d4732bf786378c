/** Where bot and worker hosts meet: said for either side, and looked at where it is a folder of this machine. */
import { lstatSync } from "node:fs";
import type { BotConfig, HostConfig } from "../../src/config.ts";
import { privacyProblem } from "../../src/task/bot-folder.ts";
import { type Check, note, ok, problem, reasonOf } from "./check.ts";

const NAME = "BOT_URL";
const AS_WHOM = "run doctor as the user that runs bot and worker host";

/** Each side is left out where this machine does not have it, or where its settings are not usable. */
export function checkMeeting(bot: BotConfig | undefined, host: HostConfig | undefined): Check[] {
  const folder = bot?.botFolder ?? (host?.bot.kind === "folder" ? host.bot.folder : undefined);
  const url = host?.bot.kind === "https" ? host.bot.url : "their address";
  const elsewhere = bot?.answersHostsOnPort
    ? [ok(NAME, `the bot answers worker hosts elsewhere, too: the TLS proxy of ${url} has to pass on /workers/*`)]
    : [];
  if (folder) return [checkFolder(folder), ...elsewhere];
  return host ? [ok(NAME, `the bot is asked under ${url}`)] : [];
}

/** Bot and worker host make it when they start. */
function checkFolder(folder: string): Check {
  const fine = ok(NAME, `bot and worker hosts of this machine meet in ${folder}`);
  try {
    const stats = lstatSync(folder, { throwIfNoEntry: false });
    if (!stats) return fine;
    if (stats.uid !== process.getuid?.()) return note(NAME, `${folder} belongs to user ${stats.uid}`, AS_WHOM);
    const [detail, remedy] = privacyProblem(folder)?.split(/: (?=start both|move)/) ?? [];
    return detail && remedy ? problem(NAME, detail, remedy) : fine;
  } catch (error) {
    return note(NAME, reasonOf(error), AS_WHOM);
  }
}
