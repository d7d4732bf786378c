/**
 * Which file a program runs from. Built, it is one file already. In a checkout it is made into one by the bundler and kept in
 * `node_modules/.cache`, anew whenever a source or a library has changed: what runs is never older than they are.
 * Where that cannot be done the sources run themselves, which only takes more memory.
 */
import { execFile } from "node:child_process";
import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export type ProgramName = "src/main" | "workers/main";

export type ProgramFiles = {
  /** To be asked before each start: the sources may have changed since the last one. Never rejects. */
  of(name: ProgramName): Promise<string>;
};

export type ProgramFilesOptions = {
  /** Hears why the sources run. */
  say: (text: string) => void;
  /** The sources run in any case, as is best while somebody works on them. */
  asSources: boolean;
  /** The folder of the project, and how its programs end: "js" where it was built. By default this one's. */
  root?: string;
  ending?: string;
};

/** Where the code is that the programs are made of. */
const CODE = ["src", "workers", "dashboard", "a2a"];
const BUNDLE_MS = 60_000;
const LOOK_MS = 10_000;
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENDING = import.meta.url.endsWith(".ts") ? "ts" : "js";

const run = promisify(execFile);

export function programFiles({ say, asSources, root = ROOT, ending = ENDING }: ProgramFilesOptions): ProgramFiles {
  let last: Promise<string> = Promise.resolve("");

  /** One after the other: the second finds what the first has made. */
  function made(): Promise<string> {
    last = last.catch(() => "").then(() => madeOf(root, ending));
    return last;
  }

  return {
    async of(name) {
      const source = join(root, `${name}.${ending}`);
      if (ending === "js" || asSources) return source;
      try {
        return join(await made(), `${name}.mjs`);
      } catch (error) {
        const why = error instanceof Error ? error.message.trim().slice(-1_000) : String(error);
        say(
          `The programs run from their sources, which takes 13 MB more for each. They cannot be made into one file: ${why}`,
        );
        return source;
      }
    },
  };
}

/** The folder with the programs' files, as the sources are now. */
async function madeOf(root: string, ending: string): Promise<string> {
  const bundler = join("scripts", `bundle.${ending}`);
  const folder = join(root, "node_modules", ".cache", "orch-programs");
  const stamp = join(folder, "made");
  if (await isNewest(root, stamp, [...CODE, bundler])) return folder;
  mkdirSync(folder, { recursive: true });
  const begun = `${stamp}.${process.pid}`;
  // Of before they are made: what changes meanwhile is newer.
  writeFileSync(begun, "");
  try {
    await run(process.execPath, [join(root, bundler), folder], { timeout: BUNDLE_MS });
    renameSync(begun, stamp);
  } finally {
    rmSync(begun, { force: true });
  }
  return folder;
}

/**
 * Whether nothing has changed since, no library either, of which npm keeps a list. By the time at which the file system took
 * a change down, for an archive that is unpacked brings older times along. By `find`, because looking at 600 files leaves 4 MB
 * behind in this process, which stays (measured).
 */
async function isNewest(root: string, stamp: string, code: readonly string[]): Promise<boolean> {
  const looked = [...code, "node_modules/.package-lock.json", "-cnewer", stamp, "-print", "-quit"];
  const { stdout } = await run("find", looked, { cwd: root, timeout: LOOK_MS }).catch(() => ({ stdout: "not there" }));
  return stdout === "";
}
