/**
 * Bytes of a growing output -> whole lines, whatever the pieces they arrive in. A line longer than the limit is
 * dropped, never buffered: an agent cannot make the host hold more than `maxBytes` of it.
 */

/** 1 MB: well above the longest event of any known agent (a whole file written by one tool call). */
const maxLineBytes = 1024 * 1024;

/** One line without its line break, or the size of one that was too long to keep. */
export type Line = { text: string } | { droppedBytes: number };

const lineFeed = 0x0a;

/** Splits chunks at line feeds. `end` gives what stands after the last one. Bytes that are not UTF-8 become U+FFFD. */
export function lineSplitter(maxBytes: number = maxLineBytes): { push(chunk: Uint8Array): Line[]; end(): Line[] } {
  let pieces: Uint8Array[] = [];
  let size = 0;

  const keep = (piece: Uint8Array) => {
    size += piece.length;
    if (size > maxBytes) pieces = [];
    else if (piece.length > 0) pieces.push(Uint8Array.from(piece));
  };
  const take = (): Line => {
    const line: Line =
      size > maxBytes ? { droppedBytes: size } : { text: Buffer.concat(pieces).toString("utf8").replace(/\r$/, "") };
    pieces = [];
    size = 0;
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
  };
}
