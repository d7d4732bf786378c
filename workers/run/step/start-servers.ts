/**
 * Starts servers before an agent and in its sandbox: a shell that has each of them come up, one after the other, and then becomes the
 * agent's program. So they share its network, its files and its limits, and whatever ends the sandbox ends them. What they print goes to a
 * file of the host's, by a descriptor that neither they nor the agent are given, and to files that the agent may read.
 */
import { join } from "node:path";
import type { Server } from "../../../src/settings/servers.ts";
import { shellWord, shellWords } from "../../../src/text/shell-words.ts";
import { BESIDE } from "../../tmux/step-files.ts";

/** Begins a line of the host's own in the file; those of the servers begin with their names in brackets. */
export const HOST_SAYS = "orch: ";

export type ToStart = {
  servers: readonly Server[];
  /** The folder for what the agent may read of them, as the sandbox sees it. */
  logs: string;
  /** Their whole environment. */
  env: Readonly<Record<string, string>>;
};

/**
 * All that it needs for itself stays in a subshell, with its variables; what follows is how a latch becomes its program (latch.ts).
 * The kernel's own table says who listens: nothing has to be connected for it, and no program be there.
 */
export const withServers = (command: readonly string[], { servers, logs, env }: ToStart): string[] => [
  "/bin/sh",
  "-c",
  `(
say() { echo "${HOST_SAYS}$1" >&${BESIDE}; exit 1; }
listens() { grep -qsE "^ *[0-9]+: [0-9A-F]+:$1 [0-9A-F]+:0000 0A " /proc/net/tcp /proc/net/tcp6; }
rm -rf ${shellWord(logs)} && mkdir ${shellWord(logs)} || say 'There is no room for what servers print.'
${servers.map((server) => startOf(server, logs, env)).join("\n")}
) </dev/null >/dev/null 2>&1 || exit 125
unset PWD OLDPWD SHLVL
[ -z "$BASH_VERSION" ] || { (exec "$@" ${BESIDE}>&-); exit $?; }
exec "$@" ${BESIDE}>&-`,
  "servers",
  ...command,
];

/** It is over when nothing of it can print any more and all that it printed stands in the host's file, so that people are told why. */
function startOf(server: Server, logs: string, env: ToStart["env"]): string {
  const { name, command, seconds } = server;
  const log = shellWord(join(logs, `${name}.log`));
  const over = shellWord(join(logs, `.${name}-over`));
  const words = shellWords(["env", "-i", ...Object.entries(env).map(([key, value]) => `${key}=${value}`), ...command]);
  return [
    ...takenCheck(server),
    `: >${log}`,
    `( { { ${words}; echo "[ended with exit code $?]"; } 2>&1 ${BESIDE}>&- | tee -a ${log} ${BESIDE}>&- | sed -u 's/^/[${name}] /' >&${BESIDE}; : >${over}; } & )`,
    `late=$(($(date +%s) + ${seconds}))`,
    // Looked at first: what is written by then is all that will ever be, so the look for it that follows is the last one needed.
    `while [ -e ${over} ]; over=$?; ! { ${readyCheck(server, log)}; }; do`,
    `[ $over -ne 0 ] || say ${shellWord(`The server \`${name}\` ended before it was ready.`)}`,
    `[ "$(date +%s)" -lt "$late" ] || say ${shellWord(`The server \`${name}\` was not ready within ${seconds} s: ${missing(server)}.`)}`,
    "sleep 0.1",
    "done",
  ].join("\n");
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");

/** Without a network of its own another program of the machine may have it: that one would be taken for the server. */
const takenCheck = ({ name, port }: Server): string[] =>
  port === undefined
    ? []
    : [`! listens ${hex(port)} || say ${shellWord(`The port ${port} of the server \`${name}\` is taken already.`)}`];

function readyCheck({ port, prints }: Server, log: string): string {
  const checks = [
    ...(port === undefined ? [] : [`listens ${hex(port)}`]),
    ...(prints === undefined ? [] : [`grep -qF -e ${shellWord(prints)} ${log}`]),
  ];
  return checks.join(" && ");
}

const missing = ({ port, prints }: Server): string =>
  [
    ...(port === undefined ? [] : [`it is to listen on port ${port}`]),
    ...(prints === undefined ? [] : [`it is to print "${prints}"`]),
  ].join(", and ");
