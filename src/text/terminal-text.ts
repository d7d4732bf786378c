/**
 * What programs print, made harmless for whoever shows it: visible text, tabs, line ends, and colours (`CSI … m`), which change nothing
 * but what is drawn after them. Lines are bounded. What passed once passes again unchanged.
 */
import { cut } from "./bound.ts";
import { visibleText } from "./clean.ts";

/** Of one line, in bytes as it is read, and in characters as it is shown. */
export const MAX_LINE = 4_096;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the one sequence that passes
const STYLE = /(\x1b\[[0-9;]{0,16}m)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: the one sequence that passes
const CUT_STYLE = /\x1b(?:\[[0-9;]*)?$/;

/** Of any text that is whole: a piece that ends in the middle of a line has to be put together first (`terminalFilter`). */
export function terminalText(text: string): string {
  return text.split("\n").map(terminalLine).join("\n");
}

/** Without colours, too. */
export function withoutStyles(text: string): string {
  return text.split(STYLE).filter(isWords).join("");
}

function terminalLine(line: string): string {
  const bounded = line.length > MAX_LINE ? cutLine(line) : line;
  // Nothing of an escape is left around the colours, so none can come of putting the parts together.
  return bounded
    .split(STYLE)
    .map((part, nth) => (isWords(part, nth) ? visibleText(part) : part))
    .join("");
}

/** What stands between two colours. */
const isWords = (_part: string, nth: number): boolean => nth % 2 === 0;

const cutLine = (line: string): string => `${cut(line, MAX_LINE - 1).replace(CUT_STYLE, "")}…`;

export type TerminalFilter = {
  /** The lines that end in this piece. */
  push(chunk: Uint8Array): string;
  /** What stands after the last line end. */
  end(): string;
  /** How many bytes make up the lines that have ended so far. */
  taken(): number;
};

const LINE_FEED = 0x0a;

/** Of bytes that come in pieces: wherever they are cut, the same comes of them. Holds no more than a line. */
export function terminalFilter(): TerminalFilter {
  let pieces: Buffer[] = [];
  let held = 0;
  let size = 0;
  let taken = 0;

  const hold = (piece: Uint8Array) => {
    size += piece.length;
    const kept = piece.subarray(0, MAX_LINE - held);
    if (kept.length === 0) return;
    pieces.push(Buffer.from(kept));
    held += kept.length;
  };
  const line = (): string => {
    const text = Buffer.concat(pieces).toString("utf8");
    const isCut = size > held;
    pieces = [];
    [held, size] = [0, 0];
    // The last character may be half of one.
    return terminalLine(isCut ? cutLine(text.slice(0, -1)) : text);
  };

  return {
    push(chunk) {
      let text = "";
      let start = 0;
      for (let feed = chunk.indexOf(LINE_FEED); feed !== -1; feed = chunk.indexOf(LINE_FEED, start)) {
        hold(chunk.subarray(start, feed));
        taken += size + 1;
        text += `${line()}\n`;
        start = feed + 1;
      }
      hold(chunk.subarray(start));
      return text;
    },
    end: () => (size > 0 ? line() : ""),
    taken: () => taken,
  };
}
