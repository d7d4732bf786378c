/** What agents are told of the repository's servers: a planner, which there are to choose from; a node's agent, which run beside it. Pure. */
import type { Server } from "../../src/settings/servers.ts";
import { oneLine } from "../../src/text/bound.ts";
import { commandLine } from "../../src/text/shell-words.ts";
import { told } from "./prompt-said.ts";

/** Of a command, in characters. */
const MOST = 200;

const whatOf = ({ command }: Server): string => `\`${oneLine(told(commandLine(command)), MOST).replaceAll("`", "'")}\``;
const listening = ({ port }: Server, verb: string): string => (port === undefined ? "" : `, ${verb} on port ${port}`);

/** Of the first prompt of whoever plans. */
export const serversToChoose = (servers: readonly Server[]): string => `# Servers

A node whose agent needs a running server to do its work or its check names it in \`servers\`, e.g. \`"servers": ["${servers[0]?.name}"]\`. It is
started before the agent, in the agent's own sandbox, and ends with it. Name only what the node cannot do without. There are:

${servers.map((each) => `- \`${each.name}\`: ${whatOf(each)}${listening(each, "listens")}`).join("\n")}
`;

/** Of the first prompt of a node's agent. `logs`: the folder with what they print. */
export const serversBeside = (servers: readonly Server[], logs: string): string => `# Servers

They run already, in your sandbox and on your files, and end with you. What each of them prints is in \`${logs}/NAME.log\`.

${servers.map((each) => `- \`${each.name}\`: ${whatOf(each)}${addressOf(each)}`).join("\n")}
`;

const addressOf = ({ port }: Server): string => (port === undefined ? "" : `, at 127.0.0.1:${port}`);
