/** Reads what a client sends, bounded in memory. */
import type { IncomingMessage } from "node:http";

/** The body, or undefined when it is longer than `mostBytes`; it is heard to its end then too, so that the answer arrives. */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= mostBytes) chunks.push(chunk);
  }
  return bytes > mostBytes ? undefined : Buffer.concat(chunks);
}
