/** `--keep`: everything stays up until somebody ends it, with lines to copy for whoever wants to play. */
import { existsSync } from "node:fs";
import { MAINTAINER, type Stage } from "./stage.ts";

/** `link`: to the dashboard, good once. */
export function playground({ simulator, repository, issue, everything, botUrl }: Stage, link: string): string {
  const page = `${simulator.url}/${repository.fullName}/issues/${issue}`;
  // An operator's own .env may name another Redis, which `orch` would ask then.
  const settings = `${existsSync(".env") ? "REDIS_URL= " : ""}ORCH_DATA=${everything.dataDir}`;
  return [
    "Everything keeps running. In a browser:",
    `  the dashboard    ${link}`,
    `  the issue        ${page}`,
    `  the repository   ${simulator.url}/${repository.fullName}`,
    `  the bot's state  ${botUrl}/readyz`,
    "",
    `To watch an agent, write another comment on the issue's page, as ${MAINTAINER}: /orch fix the failing tests`,
    "Then, in another terminal, in this folder (leave it with Ctrl-b d):",
    `  ${settings} npm run orch -- attach ${repository.fullName}#${issue}`,
    "Hosts, queue and tasks:",
    `  ${settings} npm run orch -- status`,
    "Another link to the dashboard, once the one above is used, or older than a quarter of an hour:",
    `  ${settings} npm run orch -- dashboard`,
    "",
    `Ctrl-C ends everything, and so does: kill ${process.pid}`,
    "",
  ].join("\n");
}
