/**
 * Small changes worth trying, the likeliest first: in functions that a failing test names or that its stack passes,
 * then elsewhere; mistakes that people make often before rarer ones. Nothing here knows any particular bug.
 */
import { readFileSync } from "node:fs";
import { functionLines, lineOf, readCode } from "./code.mjs";

/** Each pair is tried in both directions. Spaces around + and - tell two operands from a sign. */
const swaps = [
  [/(?<![<=>])<(?![<=])/g, ["<=", ">"]],
  [/(?<!<)<=/g, ["<", ">="]],
  [/(?<![=>])>(?![>=])/g, [">=", "<"]],
  [/(?<!>)>=/g, [">", "<="]],
  [/===/g, ["!=="]],
  [/!==/g, ["==="]],
  [/(?<= )\+(?= )/g, ["-"]],
  [/(?<= )-(?= )/g, ["+"]],
  [/(?<!\*)\*(?![*=])/g, ["/"]],
  [/(?<!\/)\/(?![/=])/g, ["*"]],
  [/\+=/g, ["-="]],
  [/-=/g, ["+="]],
  [/\+\+/g, ["--"]],
  [/--/g, ["++"]],
  [/&&/g, ["||"]],
  [/\|\||\?\?/g, ["&&"]],
  [/!(?!=)/g, [""]],
  [/\btrue\b/g, ["false"]],
  [/\bfalse\b/g, ["true"]],
  [/\bfloor\b/g, ["ceil", "round"]],
  [/\bceil\b/g, ["floor", "round"]],
  [/\bround\b/g, ["floor", "ceil"]],
  [/\bmin\b/g, ["max"]],
  [/\bmax\b/g, ["min"]],
  [/\bsome\b/g, ["every"]],
  [/\bevery\b/g, ["some"]],
  [/\bpush\b/g, ["unshift"]],
  [/\bunshift\b/g, ["push"]],
  [/\bpop\b/g, ["shift"]],
  [/\bshift\b/g, ["pop"]],
  [/\bstartsWith\b/g, ["endsWith"]],
  [/\bendsWith\b/g, ["startsWith"]],
  [/\btoUpperCase\b/g, ["toLowerCase"]],
  [/\btoLowerCase\b/g, ["toUpperCase"]],
  [/\.length\b(?! - 1)/g, [".length - 1", ".length + 1"]],
];

const keywords =
  "return|const|let|var|if|for|while|do|throw|switch|case|default|function|class|import|export|try|else|break";

/** A line that is a whole statement and no more than an expression. */
const expression = new RegExp(`^(?!(?:${keywords}|continue)\\b)[\\w$([!+-].*[^{,(]$`);

/** What tests wanted and got, without TAP's quotes. */
function differences(failing) {
  return failing
    .flatMap(({ failures }) => failures)
    .filter(({ expected, actual }) => expected !== undefined && actual !== undefined)
    .map(({ expected, actual }) => [expected, actual].map((value) => value.replace(/^'(.*)'$/, "$1")));
}

function swapEdits(masked) {
  return swaps.flatMap(([pattern, replacements]) =>
    [...masked.matchAll(pattern)].flatMap((found) =>
      replacements.map((to) => ({ at: found.index, length: found[0].length, to })),
    ),
  );
}

/** A number next to the right one, of another magnitude, or off by the factor that a test tells. */
function numberEdits(masked, wanted) {
  const factors = wanted
    .map(([expected, actual]) => Number(expected) / Number(actual))
    .filter((factor) => Number.isFinite(factor) && factor !== 0);
  return [...masked.matchAll(/(?<![\w$.])\d+(?:\.\d+)?(?![\w$.])/g)].flatMap((found) => {
    const value = Number(found[0]);
    const tries = [
      value + 1,
      value - 1,
      ...factors.map((factor) => Number((value * factor).toPrecision(12))),
      value * 10,
      value / 10,
    ];
    return [...new Set(tries)]
      .filter((next) => next >= 0 && next !== value)
      .map((to) => ({ at: found.index, length: found[0].length, to: String(to) }));
  });
}

/** Where two texts begin to differ, and the differing part of each. */
function difference(a, b) {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++;
  return { start, ofA: a.slice(start, a.length - end), ofB: b.slice(start, b.length - end) };
}

/** A quoted string that the wrong result holds just where the right one is spelt otherwise. */
function stringEdits(strings, wanted) {
  return wanted.flatMap(([expected, actual]) => {
    const { start, ofA: right, ofB: wrong } = difference(expected, actual);
    return strings.flatMap((string) => {
      const from = start - actual.indexOf(string.value);
      const inside = actual.includes(string.value) && from >= 0 && from + wrong.length <= string.value.length;
      return inside ? [{ at: string.start + from, length: wrong.length, to: right }] : [];
    });
  });
}

/** A last statement whose value was meant to be returned. */
function returnEdits(masked) {
  let at = 0;
  return masked.split("\n").flatMap((line, index, lines) => {
    const from = at + line.search(/\S|$/);
    at += line.length + 1;
    const last = /^\s*\}/.test(lines[index + 1] ?? "");
    return last && expression.test(line.trim()) ? [{ at: from, length: 0, to: "return " }] : [];
  });
}

/** Names in the failing tests' own code, and the lines of `file` in their stacks. */
function suspects(failing, file) {
  const names = new Set();
  const lines = new Set();
  for (const test of failing) {
    const source = readFileSync(test.file, "utf8").split("\n");
    for (const { line, diagnostic } of test.failures) {
      const body = source
        .slice(Math.max(0, line - 1))
        .join("\n")
        .split(/\n(?=\s*(?:test|it)\b)/)[0];
      for (const [name] of body.matchAll(/[A-Za-z_$][\w$]*/g)) names.add(name);
      for (const [, path, at] of diagnostic.matchAll(/([^\s(']+):(\d+):\d+/g))
        if (path.endsWith(`/${file}`)) lines.add(Number(at));
    }
  }
  return { names, lines };
}

/**
 * Every change to try, as the whole new text of one file.
 * @returns {{ file: string, source: string, line: number, what: string, text: string }[]}
 */
export function candidates(failing, files) {
  const wanted = differences(failing);
  const ranked = files.flatMap((file) => {
    const source = readFileSync(file, "utf8");
    const { masked, strings } = readCode(source);
    const { names, lines } = suspects(failing, file);
    const ranges = functionLines(masked, names);
    const edits = [
      ...swapEdits(masked),
      ...stringEdits(strings, wanted),
      ...returnEdits(masked),
      ...numberEdits(masked, wanted),
    ];
    return edits.map(({ at, length, to }) => {
      const line = lineOf(source, at);
      const near = lines.has(line) ? 0 : ranges.some(([from, until]) => line >= from && line <= until) ? 1 : 2;
      const text = source.slice(0, at) + to + source.slice(at + length);
      const [was, is] = [source, text].map((version) => version.split("\n")[line - 1]?.trim());
      return { file, source, line, what: `\`${was}\` -> \`${is}\``, text, near };
    });
  });
  return ranked.sort((a, b) => a.near - b.near);
}
