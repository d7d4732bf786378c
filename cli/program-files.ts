/**
 * Which file a program runs from. Built, it is one file already. In a checkout it is made into one (`scripts/bundle.ts`) and kept in
 * `node_modules/.cache`, anew whenever a source or a library has changed: what runs is never older than they are.
 * Where that cannot be done the sources run themselves, which only takes more memory.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type ProgramName = "src/main" | "workers/main";

/** What a program is made of. npm writes the last when it changes the libraries. */
const MADE_OF = ["src", "workers", "scripts/bundle.ts", "node_modules/.package-lock.json"];
const BUNDLE_MS = 60_000;
const LOOK_MS = 10_000;

const run = promisify(execFile);

export type ProgramFiles = {
  /** To be asked before each start: the sources may have changed since the last one. Never rejects. */
  of(name: ProgramName): Promise<string>;
};

/** `say` hears why the sources run. `asSources`: they run anyway, as is best where they change all the time. */
export function programFiles({
  root = fileURLToPath(new URL("..", import.meta.url)),
  built = import.meta.url.endsWith(".js"),
  asSources,
  say,
}: {
  root?: string;
  built?: boolean;
  asSources: boolean;
  say: (text: string) => void;
}): ProgramFiles {
  const cache = join(root, "node_modules", ".cache", "orch-programs");
  let last: Promise<unknown> = Promise.resolve();

  return {
    async of(name) {
      if (built) return join(root, `${name}.js`);
      const source = join(root, `${name}.ts`);
      if (asSources) return source;
      // One after the other: the second finds what the first has made.
      const made = last.then(() => makeUnlessFresh(root, cache));
      last = made.catch(() => undefined);
      try {
        await made;
        return join(cache, `${name}.mjs`);
      } catch (error) {
        const why = error instanceof Error ? error.message.trim().slice(-1_000) : String(error);
        say(
          `The programs run from their sources, which takes some 15 MB more for each, for they could not be put into one file: ${why}`,
        );
        return source;
      }
    },
  };
}

async function makeUnlessFresh(root: string, cache: string): Promise<void> {
  const stamp = join(cache, "made");
  if (await isFresh(root, stamp)) return;
  mkdirSync(cache, { recursive: true });
  const begun = `${stamp}.${process.pid}`;
  // Of before they are made: what changes meanwhile is newer.
  writeFileSync(begun, "");
  try {
    await run(process.execPath, [join(root, "scripts", "bundle.ts"), cache], { timeout: BUNDLE_MS });
    renameSync(begun, stamp);
  } finally {
    rmSync(begun, { force: true });
  }
}

/**
 * Whether nothing has changed since. By the time at which the file system took the change down, for an archive that is unpacked brings
 * older times along. By `find`, because looking at 600 files leaves 4 MB behind in this process, which stays (measured).
 */
async function isFresh(root: string, stamp: string): Promise<boolean> {
  const changed = ["-cnewer", stamp, "-print", "-quit"];
  const options = { cwd: root, timeout: LOOK_MS };
  const { stdout } = await run("find", [...MADE_OF, ...changed], options).catch(() => ({ stdout: "not there" }));
  return stdout === "";
}
