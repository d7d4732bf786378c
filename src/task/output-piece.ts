/** A part of what a step has printed, in whole lines that are harmless to show, from wherever its bytes are. */
import { terminalFilter } from "../text/terminal-text.ts";
import { MAX_PIECE } from "./output.ts";

export type Bytes = { size: number; read(from: number, length: number): Promise<Uint8Array> };

/** `until`: none is the end. `from`: none, or behind that: as much as fits before it. */
export type Wanted = { from?: number | undefined; until?: number | undefined; bytes: number };

const BLOCK = 64 * 1024;
/** A line is looked for so far; no program's event is longer. */
const FARTHEST = 4 * 1024 * 1024;
const LINE_FEED = 0x0a;

/**
 * From the first line that begins at `from` or after it. A line without an end yet is left for later. What one line takes more than `bytes` is
 * read all the same, and shown cut.
 */
export async function pieceOf(source: Bytes, wanted: Wanted): Promise<{ from: number; to: number; text: string }> {
  const size = Math.min(source.size, wanted.until ?? source.size);
  const bytes = Math.min(wanted.bytes, MAX_PIECE);
  const asked = wanted.from === undefined || wanted.from > size ? Math.max(0, size - bytes) : wanted.from;
  const from = await lineStart(source, asked);
  const filter = terminalFilter();
  let text = "";
  for (let at = from; at < size && at - from < FARTHEST; ) {
    const isFull = at - from >= bytes;
    if (isFull && text !== "") break;
    const block = await source.read(at, Math.min(BLOCK, isFull ? BLOCK : bytes - (at - from), size - at));
    if (block.length === 0) break;
    at += block.length;
    text += filter.push(block);
  }
  // Bytes that are no text may become more of them.
  if (Buffer.byteLength(text) > MAX_PIECE && bytes > 1)
    return pieceOf(source, { ...wanted, from, bytes: Math.floor(bytes / 3) });
  return { from, to: from + filter.taken(), text };
}

async function lineStart(source: Bytes, from: number): Promise<number> {
  for (let at = from - 1; at >= 0 && at < source.size && at - from < FARTHEST; ) {
    const block = await source.read(at, Math.min(BLOCK, source.size - at));
    const feed = block.indexOf(LINE_FEED);
    if (feed !== -1) return at + feed + 1;
    if (block.length === 0) break;
    at += block.length;
  }
  return from;
}
