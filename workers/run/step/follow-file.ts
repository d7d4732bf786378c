/**
 * Reads a growing file as it grows, from its start. Nothing is remembered outside the file: a host that restarts reads
 * it again and knows the same. News comes when something was written; `poke` asks anyway, first and as the net.
 */
import { fstatSync } from "node:fs";
import { open } from "node:fs/promises";
import { watchFile } from "./watch-file.ts";

const CHUNK_BYTES = 64 * 1024;

export type Follower = {
  /** Reads what there is now; resolves when it has been given to `onChunk`. */
  poke(): Promise<void>;
  bytes(): number;
  /** Reads the rest and stops. */
  close(): Promise<void>;
  /** Stops where it is: of the rest, however much that may be, nothing is read. Fine after `close`. */
  stop(): Promise<void>;
};

/** `onChunk` gets each piece in order. The file is made when it does not exist yet. */
export async function followFile(path: string, onChunk: (chunk: Uint8Array) => void): Promise<Follower> {
  const file = await open(path, "a+", 0o600);
  let offset = 0;
  let reading: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  const readOn = async () => {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    while (again && !stopped) {
      again = false;
      while (!stopped) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
        if (bytesRead === 0 || stopped) break;
        offset += bytesRead;
        onChunk(Uint8Array.from(buffer.subarray(0, bytesRead)));
      }
    }
  };
  /** Not even a buffer is taken for a silent program: every run asks every minute. */
  const poke = async () => {
    if (stopped || (!reading && fstatSync(file.fd).size <= offset)) return;
    again = true;
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const watcher = watchFile(path, () => {
    poke().catch(() => undefined); // the caller's `poke` meets the same error and reports it
  });
  const stop = async () => {
    watcher.close();
    if (stopped) return;
    stopped = true;
    await reading?.catch(() => undefined); // told to whoever poked
    await file.close();
  };
  return {
    poke,
    bytes: () => offset,
    async close() {
      watcher.close();
      await poke().finally(stop);
    },
    stop,
  };
}
