/**
 * Which lines are commands, and which only look like one to a person. A command is a line that begins with `/orch`; blanks of
 * any kind and characters that nobody sees change nothing. With a list's marker, a heading's or bold type before it, another
 * slash, or no blank behind it, a line is answered with how to write it: it may be a command, or a list of what there is.
 */

/** White space of any script, and what takes no room at all. */
const GAP = "[\\s\\p{Cf}\\u2800\\u3164\\u115f\\u1160\\uffa0]";
const MARKER = `(?:[-*+•·–—]|\\d{1,9}[.)]|#{1,6})${GAP}+(?:\\[[ xX]?\\]${GAP}+)?`;
/** Tags around a line that only change how it looks. */
const TAG = "<(?:p|b|i|u|em|strong|ins|mark|div|span|center|h[1-6]|li|br)\\b[^<>]{0,80}>";
const MARKS = `(?<marks>(?:${MARKER}){0,4}(?:${TAG}){0,4}[*_]{0,3})`;
const NAME = "orch|ｏｒｃｈ";
/** Punctuation of scripts that write without blanks, which brings its own along. */
const WIDE = "：，、。；！？．";
/** Letters of such scripts: nobody's word begins with `/orch` and goes on with one. */
const UNSPACED = "[\\p{sc=Han}\\p{sc=Hiragana}\\p{sc=Katakana}\\p{sc=Hangul}\\p{sc=Thai}\\p{sc=Lao}\\p{sc=Khmer}]";
const ENDS = `(?:[:,;.!?…–—${WIDE}-]{1,3})?`;
const LINE = new RegExp(
  `^(?<lead>${GAP}*)${MARKS}(?<slash>[/／⁄∕⧸\\\\]\\s?|@)(?<name>(?:${NAME})(?:\\[bot\\])?)(?<end>[*_]{0,3}${ENDS}(?=${GAP}|<|$)|[*_]{0,3}[:,;!?${WIDE}](?=\\S)|[*_]{1,3}(?=$)|(?=${UNSPACED}))`,
  "iu",
);
const QUICK = /[/／⁄∕⧸\\@]\W?(?:orch|ｏｒｃｈ)/i;
/** White space that CommonMark takes for code, unless it continues something. */
const INDENTED = /^(?: {4}| {0,3}\t)/;
const GAP_FIRST = new RegExp(`^${GAP}`, "u");
const PLAIN_END = new RegExp(`^${ENDS}$`, "u");
const WIDE_END = new RegExp(`[${WIDE}]$`, "u");

export type CommandLine = {
  /** Where in the line the command begins. */
  at: number;
  /** What stands behind `/orch`, without control characters. */
  rest: string;
  /** `command`: it is one; `alike`: a person might take it for one; `mention`: it addresses somebody whose name is ours. */
  spelling: "command" | "alike" | "mention";
};

/** Undefined for a line that nobody takes for a command. */
export function commandLine(line: string): CommandLine | undefined {
  if (!mayNameOrch(line)) return undefined;
  const groups = LINE.exec(line)?.groups;
  if (!groups) return undefined;
  const { lead = "", marks = "", slash = "", name = "", end = "" } = groups;
  const at = lead.length + marks.length;
  const behind = line.slice(at + slash.length + name.length + end.length);
  const isPlain = marks === "" && slash === "/" && name.toLowerCase() === "orch" && PLAIN_END.test(end);
  const isCommand = isPlain && !INDENTED.test(lead) && (behind === "" || GAP_FIRST.test(behind) || WIDE_END.test(end));
  const rest = withoutGaps(behind.replace(/\p{Cc}/gu, " "));
  return { at, rest, spelling: isCommand ? "command" : slash === "@" ? "mention" : "alike" };
}

/** False where nobody writes a command; costs one pass over the text. */
export const mayNameOrch = (text: string): boolean => QUICK.test(text);

/** Is it worth reading? No false negatives; costs one pass over the text, and another where the name stands behind a slash. */
export function mayHoldCommandLine(body: string): boolean {
  return mayNameOrch(body) && body.split(/[\r\n]+/).some((line) => commandLine(line) !== undefined);
}

/** Without those at both ends. Not by one expression: for a long gap inside, `${GAP}+$` takes time by its square. */
function withoutGaps(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && GAP_FIRST.test(text.charAt(start))) start++;
  while (end > start && GAP_FIRST.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
