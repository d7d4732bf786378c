/**
 * Bytes of a connection -> the lines of a JSON-RPC client, one message each. A line longer than `MAX_REQUEST_BYTES` is never
 * held: only its two ends are, which say what is to be answered that it is too long.
 */
const LINE_FEED = 0x0a;

/** A request: far above the longest that any tool takes. */
export const MAX_REQUEST_BYTES = 64 * 1024;
/** Kept of each end of a line that is too long. Clients write what names a request first or last. */
const END_BYTES = 512;

export type RequestLine = { text: string } | { tooLong: { start: string; end: string } };

export function requestLines(): { push(chunk: Uint8Array): RequestLine[] } {
  let pieces: Buffer[] = [];
  let size = 0;
  let end: Buffer = Buffer.alloc(0);

  const keep = (piece: Buffer) => {
    if (piece.length === 0) return;
    const wasTooLong = size > MAX_REQUEST_BYTES;
    size += piece.length;
    if (!wasTooLong && size <= MAX_REQUEST_BYTES) {
      pieces.push(Buffer.from(piece));
      return;
    }
    if (!wasTooLong) pieces = [Buffer.concat([...pieces, piece]).subarray(0, END_BYTES)];
    end = Buffer.from(Buffer.concat([end, piece]).subarray(-END_BYTES));
  };
  const take = (): RequestLine => {
    const text = Buffer.concat(pieces).toString("utf8");
    const line = size > MAX_REQUEST_BYTES ? { tooLong: { start: text, end: end.toString("utf8") } } : { text };
    [pieces, size, end] = [[], 0, Buffer.alloc(0)];
    return line;
  };

  return {
    push(chunk) {
      const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const lines: RequestLine[] = [];
      let start = 0;
      for (let feed = bytes.indexOf(LINE_FEED); feed !== -1; feed = bytes.indexOf(LINE_FEED, start)) {
        keep(bytes.subarray(start, feed));
        lines.push(take());
        start = feed + 1;
      }
      keep(bytes.subarray(start));
      return lines;
    },
  };
}

/** The id of a request that is too long to be read, where its ends show it. */
export function idOf({ start, end }: { start: string; end: string }): string | number | undefined {
  const ID = '"id"\\s*:\\s*("(?:[^"\\\\]|\\\\.){0,200}"|-?\\d{1,15})';
  const found =
    new RegExp(`^\\s*\\{(?:\\s*"(?:jsonrpc|method)"\\s*:\\s*"[^"\\\\]{0,100}"\\s*,){0,2}\\s*${ID}`).exec(start) ??
    new RegExp(`${ID}(?:\\s*,\\s*"(?:jsonrpc|method)"\\s*:\\s*"[^"\\\\]{0,100}"){0,2}\\s*\\}\\s*$`).exec(end);
  return found ? (JSON.parse(String(found[1])) as string | number) : undefined;
}
