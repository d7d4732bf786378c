/**
 * What a run's agent can say to its host: a server on a socket in the run's own folder. It listens before the agent begins and
 * until the run is over here, and the host's next life listens in the same place.
 */
import { chmodSync, closeSync, openSync, rmSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { basename } from "node:path";
import { secretsOf } from "../agents/secrets.ts";
import type { Ground } from "../run/ground.ts";
import type { Run, Shared } from "../run/run.ts";
import { openAnswers } from "./answers.ts";
import { makeCalls } from "./calls.ts";
import { cleaner } from "./clean-input.ts";
import { makePace } from "./pace.ts";
import { type Serving, serve } from "./serve.ts";
import { makeTalkFolder, removeTalkFolder, talkSocket } from "./talk-place.ts";

/** A bridge, and a few commands at once. */
const MAX_CONNECTIONS = 16;
/** Of all connections together: far above what an agent sends that means well. */
const LINES = { burst: 200, perSecond: 50 };

export type TalkBack = {
  /** Whether agents can talk back on this machine. */
  offered: boolean;
  /** Listens, and from now on serves the agent with this ground, where it is known. Again is fine. Never rejects. */
  open(ground?: Ground): Promise<void>;
  /** The run is over here: what is under way ends, and nobody listens. */
  close(): Promise<void>;
  /** The run is over for good. */
  remove(): void;
};

/** `run`: asked for when the agent talks. */
export function makeTalkBack(shared: Shared, run: () => Run): TalkBack {
  const over = new AbortController();
  let ground: Ground | undefined;
  let clean = cleaner([]);
  let listening: Promise<Listening | undefined> | undefined;

  const listen = async (): Promise<Listening | undefined> => {
    const { folder, user, log } = run();
    if (!shared.talk) return undefined;
    try {
      const talk = () => ({ shared, run: run(), ground });
      const calls = makeCalls({
        talk,
        answers: openAnswers(folder.dir),
        clean: (text) => clean(text),
        over: over.signal,
        log,
      });
      return await listenIn(makeTalkFolder(shared.talk, basename(folder.dir), user), {
        calls,
        talk,
        pace: makePace(LINES),
        log,
      });
    } catch (error) {
      log.warn({ err: error }, "the agent cannot talk back");
      return undefined;
    }
  };
  return {
    offered: shared.talk !== undefined,
    async open(known) {
      if (over.signal.aborted) return;
      if (known) {
        ground = known;
        clean = cleaner(secretsOf(known.agent, shared.env));
      }
      listening ??= listen();
      await listening;
    },
    async close() {
      over.abort();
      (await listening)?.end();
    },
    remove() {
      if (shared.talk) removeTalkFolder(shared.talk, basename(run().folder.dir));
    },
  };
}

type Listening = { end(): void };

/** The address of a socket must be short (unix(7)), so it goes by a descriptor of its folder. */
async function listenIn(folder: string, serving: Serving): Promise<Listening> {
  const connected = new Set<Socket>();
  const server = createServer({ highWaterMark: 16 * 1024 }, (socket) => {
    connected.add(socket);
    socket.once("close", () => connected.delete(socket));
    socket.on("error", (error) => serving.log.debug({ err: error }, "the agent's connection"));
    serve(socket, serving).catch((error: unknown) => {
      serving.log.error({ err: error }, "the agent cannot be served");
      socket.destroy();
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  rmSync(talkSocket(folder), { force: true }); // of an earlier life
  const descriptor = openSync(folder, "r");
  try {
    await listenAt(server, talkSocket(`/proc/self/fd/${descriptor}`));
    chmodSync(talkSocket(folder), 0o660);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  server.once("close", () => closeSync(descriptor));
  return {
    end() {
      for (const socket of connected) socket.destroy();
      server.close();
    },
  };
}

function listenAt(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
