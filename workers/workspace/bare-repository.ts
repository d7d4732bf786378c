/**
 * Writes the files of an empty bare repository by hand. `git init` would cost a process (3-8 ms) on the way from a comment
 * to its agent, and would need two more to set the configuration. The layout is gitrepository-layout(5); a test holds it
 * against `git init --bare`, whose samples of hooks, description and exclude file are all that is missing.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** `key = value` settings; a key is `section.name` or `section.subsection.name`, a repeated key is a repeated line. */
export type Settings = readonly (readonly [key: string, value: string])[];

/**
 * Creates the repository in `dir`, which must not exist, and gives the paths of all files and folders that were made, folders
 * before their contents.
 */
export function writeBareRepository(
  dir: string,
  settings: Settings,
  extra: Readonly<Record<string, string>> = {},
): string[] {
  const files: Record<string, string> = { HEAD: "ref: refs/heads/main\n", config: renderSettings(settings), ...extra };
  const folders = new Set<string>([".", "objects", "objects/info", "objects/pack", "refs", "refs/heads", "refs/tags"]);
  for (const file of Object.keys(files)) for (const folder of parents(file)) folders.add(folder);
  for (const folder of folders) mkdirSync(join(dir, folder), { mode: 0o755 });
  for (const [file, text] of Object.entries(files)) writeFileSync(join(dir, file), text, { flag: "wx" });
  return [...folders, ...Object.keys(files)].map((path) => join(dir, path));
}

/** `a/b/c` -> `a`, `a/b` */
function parents(file: string): string[] {
  const folder = dirname(file);
  return folder === "." ? [] : [...parents(folder), folder];
}

/** git-config(1) syntax. Values are always quoted, so that `#`, `;` and spaces are just characters. */
function renderSettings(settings: Settings): string {
  return settings.map(([key, value]) => `${section(key)}\n\t${name(key)} = "${escapeValue(value)}"\n`).join("");
}

const name = (key: string) => key.slice(key.lastIndexOf(".") + 1);
const escapeValue = (value: string) =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n").replaceAll("\t", "\\t");

function section(key: string): string {
  const [first = "", ...rest] = key.split(".");
  const subsection = rest.slice(0, -1).join(".");
  return subsection === "" ? `[${first}]` : `[${first} "${subsection}"]`;
}
