/**
 * Listens at a port that another bot of the machine may have, and gets along without it until that one ends. An address that the system will never grant
 * is said once, as an error: what else the bot does goes on.
 */
import { once } from "node:events";
import type { Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "./log.ts";

/** `names`: what the settings of the address are called. */
type At = { host: string; port: number; names: { host: string; port: string } };

const TRY_AGAIN_MS = 2_000;

export type KeptListening = {
  /** Whether it has the port by now. */
  isListening(): boolean;
  /** Tries no more. What listens is closed by whoever made it. */
  stop(): Promise<void>;
};

/** Returns at once where the port is taken; it is tried for then until `stop`. */
export async function listenWhenFree(server: Server, { host, port, names }: At, log: Logger): Promise<KeptListening> {
  const stopping = new AbortController();

  async function isGranted(): Promise<boolean> {
    server.listen({ host, port });
    return await once(server, "listening").then(
      () => true,
      (error: unknown) => {
        if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
        log.error(
          { err: error, at: `${host}:${port}` },
          `${names.host} or ${names.port} cannot be had: nothing listens there`,
        );
        stopping.abort();
        return false;
      },
    );
  }

  async function keepTrying(): Promise<void> {
    log.info(
      { port },
      `${names.port} is in use, by another bot or another program: it is tried again until it is free`,
    );
    while (!stopping.signal.aborted && !(await isGranted()))
      await delay(TRY_AGAIN_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
  }

  const trying = (await isGranted()) || stopping.signal.aborted ? undefined : keepTrying();
  return {
    isListening: () => server.listening,
    async stop() {
      stopping.abort();
      await trying;
    },
  };
}
