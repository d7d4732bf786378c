/**
 * A line as a terminal shows it in the end: after a carriage return what follows is written over what stands there, and
 * `ESC [ K` wipes the rest. Progress bars draw themselves that way; only their last state says anything.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escapes of terminals are what this reads
const ERASE = /\x1b\[([012]?)K/;

/** Without carriage returns, of which one at the very end stays out too. Other escapes stay as they are. */
export function asDrawn(line: string): string {
  if (!line.includes("\r")) return line;
  return line.split("\r").reduce((drawn, part) => writeOver(drawn, part), "");
}

function writeOver(drawn: string, part: string): string {
  const erase = ERASE.exec(part);
  if (!erase) return part + drawn.slice(part.length);
  const before = part.slice(0, erase.index);
  const after = part.slice(erase.index + erase[0].length);
  const standing = erase[1] === "2" || erase[1] === "1" ? "" : before;
  return writeOver("", standing + after.replace(ERASE, ""));
}
