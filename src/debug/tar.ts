/** Packs texts into one compressed file that every `tar` reads. The bot runs no program, and Node itself has nothing that writes such files. */
import { promisify } from "node:util";
import { gzip } from "node:zlib";

export type PackedFile = { /** Of ASCII, at most 100 characters, with slashes. */ name: string; text: string };

const pack = promisify(gzip);
const BLOCK = 512;

/** `at`: Unix ms. @throws RangeError where a name is longer than such a file can say */
export async function tarOf(files: readonly PackedFile[], at: number): Promise<Buffer> {
  const parts = files.flatMap(({ name, text }) => {
    const body = Buffer.from(text);
    const padding = Buffer.alloc((BLOCK - (body.length % BLOCK)) % BLOCK);
    return [headOf(name, { size: body.length, at }), body, padding];
  });
  return await pack(Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]));
}

/** As POSIX has it ("ustar"): a plain file that only its owner may read. */
function headOf(name: string, { size, at }: { size: number; at: number }): Buffer {
  if (!/^[\x21-\x7e]{1,100}$/.test(name)) throw new RangeError(`a name that a tar file cannot have: ${name}`);
  const head = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, "0")}\0`;
  head.write(name, 0, "latin1");
  head.write(octal(0o600, 7), 100, "latin1");
  head.write(octal(0, 7), 108, "latin1");
  head.write(octal(0, 7), 116, "latin1");
  head.write(octal(size, 11), 124, "latin1");
  head.write(octal(Math.floor(at / 1_000), 11), 136, "latin1");
  head.write(" ".repeat(8), 148, "latin1"); // as which the sum counts itself
  head.write("0", 156, "latin1");
  head.write("ustar\u000000", 257, "latin1");
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return head;
}
