/**
 * Orch's own tmux server: its own socket in a private folder, its own settings, started when first needed and again
 * when it was killed. Programs do not depend on it: a step goes on when its server dies. There is one server: nobody but the
 * host starts any, and one that has lost its socket, so that nobody reaches it any more, is ended.
 */

import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MAX_SOCKET_PATH } from "../../src/task/socket-path.ts";
import { processesWith, signal } from "../sandbox/processes.ts";
import { type ControlClient, openControlClient, TmuxError, TmuxGone } from "./control-client.ts";

export type TmuxServer = {
  /**
   * Runs one tmux command, starting the server if there is none. Said again to a new client when the old one went away
   * before it answered, so a command may be carried out twice. @throws {TmuxError}
   */
  command(words: readonly string[]): Promise<string[]>;
  /** Ends our client; server and sessions live on. */
  close(): Promise<void>;
};

/** Holds the control client; never an agent. */
export const IDLE_SESSION = "orch-idle";

/** How a server calls itself; clients, and one that is being started, do not. */
const SERVER = "tmux: server";

const CONFIG = fileURLToPath(new URL("tmux.conf", import.meta.url));

/** The server's whole environment; panes inherit it. No variable of the host's reaches an agent this way. */
const ENVIRONMENT = { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C.UTF-8", TERM: "screen-256color", HOME: "/" };

/** Where the server of a host listens. Also for people: `tmux -S <socket> attach -t =<session>`. */
export function socketPath(dir: string, hostId: string): string {
  const path = join(dir, `orch-${hostId}`);
  const length = Buffer.byteLength(path);
  if (length <= MAX_SOCKET_PATH) return path;
  throw new TmuxError(
    `the socket path ${path} has ${length} bytes, at most ${MAX_SOCKET_PATH} work: choose a shorter data folder`,
  );
}

/**
 * What a person runs to watch a session: arguments for `tmux`. `=` keeps `t1` from finding `t10`. `-N`: where there is no server,
 * attaching would start one, with the person's settings and on our socket.
 */
export function attachArguments(dir: string, hostId: string, session: string): string[] {
  return ["-N", "-S", socketPath(dir, hostId), "attach-session", "-t", `=${session}`];
}

export async function openServer(tmux: string, dir: string, hostId: string): Promise<TmuxServer> {
  const socket = socketPath(dir, hostId);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  let current: Promise<ControlClient> | undefined;

  const client = (): Promise<ControlClient> => {
    if (current) return current;
    // A server that was killed a moment ago can still hold the socket: "server exited unexpectedly". Once more, then.
    const starting = connect(tmux, socket).catch(() => connect(tmux, socket));
    current = starting;
    const forget = () => {
      if (current === starting) current = undefined;
    };
    starting.then((open) => open.ended.then(forget), forget);
    return starting;
  };

  await client();
  return {
    async command(words) {
      const used = client();
      try {
        return await (await used).command(words);
      } catch (error) {
        if (!(error instanceof TmuxGone)) throw error;
        if (current === used) current = undefined;
        return (await client()).command(words);
      }
    },
    async close() {
      const open = await current?.catch(() => undefined);
      current = undefined;
      open?.close();
      await open?.ended;
    },
  };
}

/** Whether a server of ours listens there: asking tmux itself would start one. */
export const hasServer = (socket: string): boolean => processesWith(socket).some(({ name }) => name === SERVER);

/**
 * The file of a socket can go while its server lives, and two servers that start in the moment in which a third dies can each
 * take the other's away. Whoever comes next then starts a further one. What the sessions of the old one show goes on.
 */
function endOtherServers(socket: string, pid: number): void {
  for (const other of processesWith(socket))
    if (other.pid !== pid && other.name === SERVER) signal(other.pid, "SIGKILL");
}

/** Attaches to the idle session, making it and the server where they do not exist. */
async function connect(tmux: string, socket: string): Promise<ControlClient> {
  const session = ["new-session", "-A", "-s", IDLE_SESSION, "-f", "no-output,ignore-size", "-c", "/"];
  const args = ["-S", socket, "-f", CONFIG, "-C", ...session, "sleep", "infinity"];
  const client = openControlClient(tmux, args, ENVIRONMENT);
  try {
    const [pid] = await client.command(["display-message", "-p", "#{pid}"]);
    endOtherServers(socket, Number(pid));
    return client;
  } catch (error) {
    client.close();
    await client.ended; // it may be starting a server: one start at a time
    throw error;
  }
}
