/**
 * Scopes: the globs that say what a node may change. Two nodes whose scopes may meet do not work at the same time. Whether they may is
 * decided for the globs themselves, never for the files that there are: a node makes files that nobody has seen yet. Where it
 * cannot be told cheaply the answer is that they may. Pure.
 *
 * A glob is relative to the repository. `*` and `?` stand for parts of one name, `**` for any folders, `{a,b}` and `[ab]` for either;
 * what names a folder stands for all that is in it.
 */

/** Files that many changes touch, and that tools write anew: nobody's scope. Whoever comes last brings them up to date. */
const HOT_NAMES = [
  ...["package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb", "deno.lock"],
  ...["Cargo.lock", "go.sum", "poetry.lock", "uv.lock", "pdm.lock", "Pipfile.lock", "Gemfile.lock", "composer.lock"],
  ...["mix.lock", "pubspec.lock", "packages.lock.json", "gradle.lockfile", "flake.lock", "Podfile.lock"],
];
const isHotName = (name: string): boolean => HOT_NAMES.includes(name) || /^change(?:s|log)(?:\.\w+)?$/i.test(name);

export const isHot = (path: string): boolean => isHotName(path.slice(path.lastIndexOf("/") + 1));

/** Beyond so many alternatives a glob stands for anything. */
const MAX_ALTERNATIVES = 64;
const ANYTHING = "**";

/** Whether there may be a path that some glob of either list stands for. */
export function mayMeet(one: readonly string[], other: readonly string[]): boolean {
  const others = other.flatMap(pathsOf);
  return one.flatMap(pathsOf).some((path) => others.some((each) => meet(path, each, foldersMeet)));
}

/**
 * Whether the globs surely stand for all that the glob stands for. Where that cannot be told cheaply the answer is no, as of a glob
 * that only several of them cover together.
 */
export function covers(globs: readonly string[], glob: string): boolean {
  if (globs.includes(glob)) return true;
  const paths = globs.filter(isExact).flatMap(pathsOf);
  return pathsOf(glob).every((path) => paths.some((each) => contains(each, path, folderContains)));
}

/** What is read as standing for more than it does would cover too much. */
const isExact = (glob: string): boolean =>
  !/[+?*@!]\(/.test(glob) && (glob === ANYTHING || !alternativesOf(glob).includes(ANYTHING));

/** Whether the path is one for which the globs stand. */
export function isInScope(path: string, globs: readonly string[]): boolean {
  const literal = path.split("/").map(lettersOf);
  return globs.flatMap(pathsOf).some((glob) => meet(literal, glob, foldersMeet));
}

/** Whether the glob is one that can be read; those that take something away, or lead out of the repository, are not. */
export function isGlob(glob: string): boolean {
  const parts = glob.split("/");
  return !glob.startsWith("!") && !glob.startsWith("/") && !parts.includes("..") && !parts.includes(".git");
}

type Letter = "many" | "one" | { among: (letter: string) => boolean } | { is: string };
/** One name of a path; `many`: any number of them. */
type Folder = "many" | Letter[];

const lettersOf = (name: string): Letter[] => [...name].map((is) => ({ is }));

function pathsOf(glob: string): Folder[][] {
  return alternativesOf(glob.replace(/^\.\//, "")).flatMap((each) => {
    const names = each.split("/").filter((name) => name !== "" && name !== ".");
    const path = names.map(folderOf);
    // What has no star at its end may name a folder.
    const isOpen = names.at(-1) === ANYTHING;
    return isOpen ? [path] : [path, [...path, "many"]];
  });
}

function folderOf(name: string): Folder {
  if (name === ANYTHING) return "many";
  if (/[+?*@!]\(/.test(name)) return ["many"];
  const letters: Letter[] = [];
  for (let at = 0; at < name.length; at++) {
    const letter = name.charAt(at);
    const end = letter === "[" ? name.indexOf("]", at + 2) : -1;
    if (letter === "*") letters.push("many");
    else if (letter === "?") letters.push("one");
    else if (end > 0) {
      letters.push({ among: setOf(name.slice(at + 1, end)) });
      at = end;
    } else if (letter === "\\" && at + 1 < name.length) {
      at += 1;
      letters.push({ is: name.charAt(at) });
    } else letters.push({ is: letter });
  }
  return letters;
}

function setOf(inside: string): (letter: string) => boolean {
  const isNot = inside.startsWith("!") || inside.startsWith("^");
  const letters = isNot ? inside.slice(1) : inside;
  const among = (letter: string): boolean => {
    for (let at = 0; at < letters.length; at++) {
      const isRange = letters.charAt(at + 1) === "-" && at + 2 < letters.length;
      if (isRange ? letters.charAt(at) <= letter && letter <= letters.charAt(at + 2) : letters.charAt(at) === letter)
        return true;
      if (isRange) at += 2;
    }
    return false;
  };
  return (letter) => among(letter) !== isNot;
}

/** Of two patterns, whether some text fits both: `many` takes any number of parts of the other one. */
function meet<Part>(one: readonly Part[], other: readonly Part[], fits: (one: Part, other: Part) => boolean): boolean {
  const width = other.length + 1;
  const known = new Map<number, boolean>();
  const from = (at: number, there: number): boolean => {
    const place = at * width + there;
    const found = known.get(place);
    if (found !== undefined) return found;
    const answer = look(at, there);
    known.set(place, answer);
    return answer;
  };
  const look = (at: number, there: number): boolean => {
    const [a, b] = [one[at], other[there]];
    if (a === undefined && b === undefined) return true;
    if (a === "many") return from(at + 1, there) || (b !== undefined && from(at, there + 1));
    if (b === "many") return from(at, there + 1) || (a !== undefined && from(at + 1, there));
    return a !== undefined && b !== undefined && fits(a, b) && from(at + 1, there + 1);
  };
  return from(0, 0);
}

const foldersMeet = (one: Folder, other: Folder): boolean =>
  one === "many" || other === "many" || meet(one, other, lettersMeet);

function lettersMeet(one: Letter, other: Letter): boolean {
  if (typeof one === "string" || typeof other === "string") return true;
  if ("is" in one) return "is" in other ? one.is === other.is : other.among(one.is);
  return "is" in other ? one.among(other.is) : true;
}

/** Of two patterns, whether the first fits all that the second fits; `many` of the first takes in any parts of the other. */
function contains<Part>(
  outer: readonly Part[],
  inner: readonly Part[],
  holds: (outer: Part, inner: Part) => boolean,
): boolean {
  // Whether what stands before `outer` so far fits all that stands before each place of `inner`.
  let fits = [true, ...inner.map(() => false)];
  for (const part of outer) {
    const next = [part === "many" && fits[0] === true];
    inner.forEach((each, at) => {
      const here = part === "many" ? next[at] || fits[at + 1] : each !== "many" && fits[at] && holds(part, each);
      next.push(here === true);
    });
    fits = next;
  }
  return fits[inner.length] === true;
}

const folderContains = (outer: Folder, inner: Folder): boolean =>
  outer !== "many" && inner !== "many" && contains(outer, inner, letterContains);

function letterContains(outer: Letter, inner: Letter): boolean {
  if (outer === "one") return true;
  if (typeof outer === "string" || typeof inner === "string") return false;
  return "is" in inner && ("is" in outer ? outer.is === inner.is : outer.among(inner.is));
}

/** What its braces stand for. */
function alternativesOf(glob: string): string[] {
  const done: string[] = [];
  const left = [glob];
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    if (done.length + left.length > MAX_ALTERNATIVES) return [ANYTHING];
    const group = /\{([^{}]*)\}/.exec(next);
    if (!group) {
      done.push(next);
      continue;
    }
    const [all, inside = ""] = group;
    const [before, after] = [next.slice(0, group.index), next.slice(group.index + all.length)];
    for (const each of inside.split(",")) left.push(`${before}${each}${after}`);
  }
  return done;
}
