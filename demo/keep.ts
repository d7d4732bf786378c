/** `--keep`: everything stays up until somebody ends it, with lines to copy for whoever wants to play. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { SCRIPTED } from "./agents.ts";
import { MAINTAINER, type Stage } from "./stage.ts";

/** `link`: to the dashboard, good once. */
export function playground(stage: Stage, link: string): string {
  const { simulator, repository, issue, everything, botUrl, dir, agent } = stage;
  const page = `${simulator.url}/${repository.fullName}/issues/${issue}`;
  const place = `${repository.fullName}#${issue}`;
  // An operator's own .env may name another Redis, which `orch` would ask then.
  const redis = existsSync(".env") ? "REDIS_URL= " : "";
  return [
    "Everything keeps running. In a browser:",
    `  the dashboard    ${link}`,
    `  the issue        ${page}`,
    `  the repository   ${simulator.url}/${repository.fullName}`,
    `  the bot's state  ${botUrl}/readyz`,
    "",
    `To watch an agent, write another comment on the issue's page, as ${MAINTAINER}: /orch fix the failing tests`,
    ...(agent === SCRIPTED
      ? [
          "(The script repairs the tests whatever it is asked, cannot plan or review, and states no cost: that is shown as unknown.)",
        ]
      : []),
    "In another terminal, in this folder, say once which Orch is meant:",
    `  export ${redis}ORCH_DATA=${everything.dataDir} ORCH_CONFIG=${join(dir, "orch.yml")}`,
    "Then:",
    ...[
      [`attach ${place}`, "the agent at work (leave it with Ctrl-b d)"],
      [`why ${place}`, "why its last task is not over, or why it ended so"],
      ["status", "hosts, queue and tasks"],
      ["dashboard", "another link, once the one above is used, or older than a quarter of an hour"],
    ].map(([verb = "", shows]) => `  npm run orch -- ${verb.padEnd(`attach ${place}`.length)}  ${shows}`),
    "",
    `Ctrl-C ends everything, and so does: kill ${process.pid}`,
    "",
  ].join("\n");
}
