/**
 * Text that a reader sees is all the text there is: terminal escapes, control characters and invisible or
 * direction-changing Unicode are taken out, line breaks and tabs stay. Pure; safe on lone surrogates.
 */

/** ECMA-48: strings (OSC, DCS, APC, PM, SOS) with their terminator, CSI with parameters, any two-byte escape. */
const escapeSequence =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are the subject here
  /(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;

/**
 * Cc controls, Cf format characters (bidi, zero width, tags), default-ignorable code points (fillers, variation
 * selectors).
 * U+FE0F stays: it only asks for the emoji form of the character before it.
 */
const invisible = /(?!\n|\t|\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** The visible part of `text`. Carriage returns and Unicode line separators become line breaks. */
export function visibleText(text: string): string {
  return text
    .toWellFormed()
    .replace(escapeSequence, "")
    .replace(/\r\n?|[\u2028\u2029\u0085]/g, "\n")
    .replace(invisible, "");
}

/** The visible part of `text` on one line, runs of white space joined, cut to `limit` characters with an ellipsis. */
export function oneLine(text: string, limit: number): string {
  const joined = visibleText(text.slice(0, limit * 4))
    .replace(/\s+/g, " ")
    .trim();
  return joined.length > limit ? `${joined.slice(0, limit - 1).toWellFormed()}…` : joined;
}

/** The first `limit` characters, and how many were cut, said in the text itself. */
export function keepStart(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `${text.slice(0, limit).toWellFormed()}\n[… ${text.length - limit} more characters left out]`;
}

/** The last `limit` characters: the end of an output is where the reason stands. */
export function keepEnd(text: string, limit: number): string {
  if (text.length <= limit) return text;
  return `[… ${text.length - limit} earlier characters left out]\n${text.slice(-limit).toWellFormed()}`;
}
