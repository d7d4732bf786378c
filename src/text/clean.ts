/**
 * Text without what nobody sees: terminal escapes, control characters, characters that reverse, hide or tag others. Line
 * ends become \n, tabs stay. Pure, linear time, safe on lone surrogates; cleaning clean text changes nothing.
 */

/**
 * ECMA-48: CSI with its parameters; the strings OSC, DCS, SOS, PM, APC with or without their end, within one line; any
 * other escape. Not `stripVTControlCharacters` of node:util: it leaves device strings and a lone escape character, and
 * takes a letter of the words behind a string that does not end.
 */
const ESCAPES =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this removes
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n\r]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?/g;
const LINE_ENDS = /\r\n?|[\u2028\u2029\u0085]/g;
const CONTROLS = /(?![\n\t])\p{Cc}/gu;
/** Characters that reverse, hide or tag text. */
const BIDI_AND_TAGS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f\u{e0000}-\u{e007f}]/gu;
/** Format characters (zero width, bidi, tags), fillers, variation selectors; those that HARMLESS keeps are not among them. */
const INVISIBLE = /(?![\ufe0f\u200c\u200d])[\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;
/**
 * Three invisible ones have a use: U+FE0F asks for an emoji's colours, the joiners make one of several emoji and shape the
 * letters of some scripts. They stay where they do that, and nowhere else: in a key, say, they would only break it.
 */
const MISPLACED =
  /(?<!\p{Extended_Pictographic})\ufe0f(?!\u20e3)|(?<!\p{Extended_Pictographic}\ufe0f?|[\p{Lo}\p{Emoji_Modifier}]|(?!\ufe0f)\p{M})[\u200c\u200d]|[\u200c\u200d](?![\p{Lo}\p{Extended_Pictographic}])/gu;

/** The visible part of a text that is not ours: what is looked for in it cannot be hidden. */
export function visibleText(text: string): string {
  // The invisible ones first: taken out later, they would join the parts of an escape.
  return withoutControls(text.toWellFormed().replace(INVISIBLE, "").replace(MISPLACED, ""));
}

/** For text that we put together, in which everything invisible was removed from what is not ours. */
export function withoutControls(text: string): string {
  return text
    .toWellFormed()
    .replace(BIDI_AND_TAGS, "")
    .replace(ESCAPES, "")
    .replace(LINE_ENDS, "\n")
    .replace(CONTROLS, "");
}
