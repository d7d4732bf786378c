/**
 * What a setup command reads of a repository, as far as that can be known: the fewer files, the more often its result can be used
 * again. Of a few commands it is known, as long as the repository has them run no scripts of its own. Any other may read
 * everything.
 */

export type Reads = "everything" | ((path: string) => boolean);

/** In all folders. */
type Files = { names: readonly string[]; endings?: readonly string[] };

const NPM: Files = { names: ["package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"], endings: [".tgz"] };
const GO: Files = { names: ["go.mod", "go.sum", "go.work", "go.work.sum"] };

/** Options that change nothing of what is read. */
const OPTION = "(?: --(?:no-audit|no-fund|ignore-scripts|prefer-offline|silent|no-progress|omit=dev|include=dev))*";
const KNOWN: readonly { command: RegExp; reads: Files }[] = [
  { command: new RegExp(`^npm (?:ci|install|i)${OPTION}$`), reads: NPM },
  { command: /^go mod download$/, reads: GO },
];

/** npm runs these of the repository's own packages when it installs. */
const SCRIPTS = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"];

/** `command`: its words. */
export function readsOf(command: readonly string[]): Reads {
  const [first, flag, line] = command;
  const written = command.length === 3 && first === "sh" && flag === "-c" ? line : command.join(" ");
  const parts = (written ?? "").split("&&").map((part) => part.trim().replace(/ +/g, " "));
  const known = parts.map((part) => KNOWN.find((each) => each.command.test(part))?.reads);
  const files = known.filter((each) => each !== undefined);
  if (files.length < known.length) return "everything";
  return (path) => files.some((each) => isOneOf(path, each));
}

function isOneOf(path: string, { names, endings = [] }: Files): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return names.includes(name) || endings.some((ending) => name.endsWith(ending));
}

/** Files whose content says whether more is read than `readsOf` knows. */
export const saysMore = (path: string): boolean => /(^|\/)(package\.json|go\.mod|go\.work|\.npmrc)$/.test(path);

/** A package that is built where it is installed: from whatever its description names. */
export const isBuilt = (path: string): boolean => /(^|\/)binding\.gyp$/.test(path);

/** Whether with this file a command reads more than `readsOf` knows: a script runs, or other folders of the repository are copied. */
export function readsMore(path: string, text: string): boolean {
  if (path.endsWith(".npmrc")) return /install-links|script/.test(text);
  if (!path.endsWith("package.json")) return /^\s*(use|replace)\b/m.test(text);
  try {
    const { scripts = {} } = JSON.parse(text) as { scripts?: Record<string, unknown> };
    return SCRIPTS.some((name) => name in scripts) || /"(?:file|link|git\+file):/.test(text);
  } catch {
    return true;
  }
}
