/** Servers on loopback, in their own process, to which sandboxes go out. */
import { type Child, startChild } from "../child.ts";

export type Servers = {
  /** `answering`: HTTP. `silent`: takes connections and says nothing. */
  ports: { answering: number; silent: number };
  /** How many there are to the silent one. */
  connections(): Promise<number>;
  stop(): Promise<void>;
};

export async function startServers(): Promise<Servers> {
  const child: Child = startChild(new URL("server-process.ts", import.meta.url));
  return {
    ports: (await child.ask("ports")) as Servers["ports"],
    connections: async () => (await child.ask("connections")) as number,
    stop: child.stop,
  };
}
