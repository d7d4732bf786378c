/**
 * Reads a growing file as it grows, from its start. Nothing is remembered outside the file: a host that restarts reads
 * it again and knows the same. The kernel says when there is more (inotify); `poke` asks anyway, as the net.
 */
import { type FSWatcher, watch } from "node:fs";
import { open } from "node:fs/promises";

const CHUNK_BYTES = 64 * 1024;

export type Follower = {
  /** Reads what there is now; resolves when it has been given to `onChunk`. */
  poke(): Promise<void>;
  bytes(): number;
  /** Reads the rest and stops. */
  close(): Promise<void>;
};

/** `onChunk` gets each piece in order. The file is made when it does not exist yet. */
export async function followFile(path: string, onChunk: (chunk: Uint8Array) => void): Promise<Follower> {
  const file = await open(path, "a+", 0o600);
  let offset = 0;
  let reading: Promise<void> | undefined;
  let again = false;

  const readOn = async () => {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    do {
      again = false;
      for (;;) {
        const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        onChunk(Uint8Array.from(buffer.subarray(0, bytesRead)));
      }
    } while (again);
  };
  const poke = () => {
    again = true;
    reading ??= readOn().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const watcher: FSWatcher = watch(path, () => {
    poke().catch((error: unknown) => watcher.emit("error", error));
  });
  watcher.on("error", () => undefined); // the caller's `poke` meets the same error and reports it

  await poke();
  return {
    poke,
    bytes: () => offset,
    async close() {
      watcher.close();
      try {
        await poke();
      } finally {
        await file.close();
      }
    },
  };
}
