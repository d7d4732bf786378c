/**
 * Bytes of a growing output -> whole lines, whatever the pieces they arrive in, each as a terminal shows it in the end. A line
 * longer than the limit is dropped, never buffered: an agent cannot make the host hold more than `maxBytes` of it.
 */
import { asDrawn } from "./overwrite.ts";

/** 1 MB: well above the longest event of any known agent (a whole file written by one tool call). */
const maxLineBytes = 1024 * 1024;

/** One line without its line break, or the size of one that was too long to keep. */
export type Line = { text: string } | { droppedBytes: number };

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** What a line that is drawn over and over may take before only what stands is kept. */
const DRAWN_BYTES = 16 * 1024;

/** `drawing`: what stands so far in a line that is not over and has been drawn over; undefined where none has. */
export type LineSplitter = { push(chunk: Uint8Array): Line[]; end(): Line[]; drawing(): string | undefined };

/** Splits chunks at line feeds. `end` gives what stands after the last one. Bytes that are not UTF-8 become U+FFFD. */
export function lineSplitter(maxBytes: number = maxLineBytes): LineSplitter {
  let pieces: Uint8Array[] = [];
  let size = 0;
  let drawn = false;

  const keep = (piece: Uint8Array) => {
    const isDropped = size > maxBytes;
    size += piece.length;
    if (isDropped || piece.length === 0) return;
    pieces.push(Uint8Array.from(piece));
    drawn ||= piece.includes(carriageReturn);
    if (drawn && size > DRAWN_BYTES) keepWhatStands();
    if (size > maxBytes) pieces = [];
  };
  /** Up to the last carriage return everything has been drawn. */
  const keepWhatStands = () => {
    const all = Buffer.concat(pieces);
    const last = all.lastIndexOf(carriageReturn);
    const standing = asDrawn(all.subarray(0, last).toString("utf8"));
    pieces = [Buffer.from(`${standing}\r`), all.subarray(last + 1)];
    size = pieces.reduce((sum, { length }) => sum + length, 0);
  };
  const take = (): Line => {
    const line: Line =
      size > maxBytes ? { droppedBytes: size } : { text: asDrawn(Buffer.concat(pieces).toString("utf8")) };
    pieces = [];
    size = 0;
    drawn = false;
    return line;
  };

  return {
    push(chunk) {
      const lines: Line[] = [];
      let start = 0;
      for (let feed = chunk.indexOf(lineFeed); feed !== -1; feed = chunk.indexOf(lineFeed, start)) {
        keep(chunk.subarray(start, feed));
        lines.push(take());
        start = feed + 1;
      }
      keep(chunk.subarray(start));
      return lines;
    },
    end: () => (size > 0 ? [take()] : []),
    drawing: () => (drawn && size <= maxBytes ? asDrawn(Buffer.concat(pieces).toString("utf8")) : undefined),
  };
}
