/** Just enough reading of JavaScript to change code and nothing else: where strings and comments are, and functions. */

/** Where a slash starts a regular expression and does not divide. */
const beforeRegex = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\breturn|\btypeof|\bcase)\s*$/;

/** The end of the token that starts at `at` and is no code, or `at` itself where code stands. */
function endOfText(source, at) {
  const rest = source.slice(at);
  const closed = (pattern) => at + (pattern.exec(rest)?.[0].length ?? rest.length);
  if (rest.startsWith("//")) return closed(/^[^\n]*/);
  if (rest.startsWith("/*")) return closed(/^[\s\S]*?\*\//);
  if (rest[0] === "'") return closed(/^'(?:\\[\s\S]|[^'\\\n])*'/);
  if (rest[0] === '"') return closed(/^"(?:\\[\s\S]|[^"\\\n])*"/);
  if (rest[0] === "`") return closed(/^`(?:\\[\s\S]|[^`\\])*`/);
  if (rest[0] === "/" && beforeRegex.test(source.slice(Math.max(0, at - 40), at))) {
    return at + (/^\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/.exec(rest)?.[0].length ?? 0);
  }
  return at;
}

/**
 * The source with everything that is no code replaced by spaces, of the same length, and its quoted strings.
 * @returns {{ masked: string, strings: { start: number, end: number, value: string }[] }}
 */
export function readCode(source) {
  const strings = [];
  let masked = "";
  for (let at = 0; at < source.length; ) {
    const end = endOfText(source, at);
    if (end === at) {
      masked += source[at++];
      continue;
    }
    const text = source.slice(at, end);
    if (/^['"]/.test(text)) strings.push({ start: at + 1, end: end - 1, value: text.slice(1, -1) });
    masked += text.replace(/[^\n]/g, " ");
    at = end;
  }
  return { masked, strings };
}

export function lineOf(source, at) {
  return source.slice(0, at).split("\n").length;
}

/** The first and last line of each function or method of one of these names. */
export function functionLines(masked, names) {
  const ranges = [];
  for (const declared of masked.matchAll(
    /(?:function\s*\*?\s*|(?:const|let|var)\s+|^\s*(?:static\s+|async\s+|get\s+)*#?)([A-Za-z_$][\w$]*)\s*[=(]/gm,
  )) {
    if (!names.has(declared[1])) continue;
    const end = endOfBody(masked, declared.index + declared[0].length);
    ranges.push([lineOf(masked, declared.index + declared[0].length), lineOf(masked, end)]);
  }
  return ranges;
}

/** Where the block ends that follows `from`; without a block, where the statement does. */
function endOfBody(masked, from) {
  let depth = 0;
  let opened = false;
  for (let at = from; at < masked.length; at++) {
    if (masked[at] === "{") {
      depth++;
      opened = true;
    } else if (masked[at] === "}" && --depth <= 0 && opened) return at;
    else if (masked[at] === ";" && depth === 0) return at;
  }
  return masked.length;
}
