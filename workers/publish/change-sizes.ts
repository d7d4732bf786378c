/** How large the objects of a change are, and why it may be too large: by what it adds, so that a line in a large file is a line. */
import { hostGitOutput } from "../workspace/git.ts";
import { type Change, DELETED, SUBMODULE } from "./changes.ts";
import { named, type Objection } from "./objection.ts";
import type { Quarantine } from "./quarantine.ts";
import type { ChangeLimits } from "./rules.ts";

/** All files together may grow by so many times as much as one. */
const ALL_FILES = 10;

/** By object, in bytes. */
export type Sizes = ReadonlyMap<string, number>;

/** Of every object, before and after. */
export async function sizesOf(quarantine: Quarantine, changes: readonly Change[]): Promise<Sizes> {
  const sides = changes.flatMap(({ mode, blob, oldMode, oldBlob }) => [
    { mode, blob },
    { mode: oldMode, blob: oldBlob },
  ]);
  const files = sides.filter(({ mode }) => mode !== DELETED && mode !== SUBMODULE);
  const blobs = [...new Set(files.map(({ blob }) => blob))];
  if (blobs.length === 0) return new Map();
  const args = ["cat-file", "--batch-check=%(objectsize)"];
  const input = `${blobs.join("\n")}\n`;
  const lines = (await hostGitOutput(quarantine.dir, args, { input, maxOutputBytes: 50_000_000 })).trim().split("\n");
  return new Map(
    blobs.map((blob, index) => {
      const size = Number.parseInt(lines[index] ?? "", 10);
      if (Number.isNaN(size)) throw new Error(`The quarantine lacks the object ${blob}.`);
      return [blob, size];
    }),
  );
}

export function objectionToSizes(
  changes: readonly Change[],
  sizes: Sizes,
  { fileBytes }: ChangeLimits,
): Objection | undefined {
  const grown = changes.map(({ path, blob, oldBlob }) => ({
    path,
    bytes: Math.max(0, (sizes.get(blob) ?? 0) - (sizes.get(oldBlob) ?? 0)),
  }));
  const large = grown.filter(({ bytes }) => bytes > fileBytes).sort((one, other) => other.bytes - one.bytes);
  const total = grown.reduce((sum, { bytes }) => sum + bytes, 0);
  if (large.length === 0 && total <= ALL_FILES * fileBytes) return undefined;
  const away =
    "If they do not belong to the task, take them out of your commits; rewrite these where a file is gone again.";
  if (large.length === 0) {
    const what = `${megabytes(total)} of new content, and at most ${megabytes(ALL_FILES * fileBytes)} are published at once`;
    return { reason: `The agent left ${what} (\`limits.changedFileMegabytes\`).`, remedy: `You left ${what}. ${away}` };
  }
  const files = large.map(({ path }) => path);
  const what = `${large.length === 1 ? "a file" : "files"} with more than ${megabytes(fileBytes)} of new content: ${named(files)} (${megabytes(large[0]?.bytes ?? 0)})`;
  return {
    reason: `The agent left ${what}, which is more than this worker host publishes (\`limits.changedFileMegabytes\`).`,
    remedy: `You left ${what}. ${away}`,
  };
}

const megabytes = (bytes: number): string => `${Number((bytes / 1e6).toFixed(1))} MB`;
