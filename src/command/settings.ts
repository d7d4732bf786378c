/**
 * Settings of a request: `key=value` before its text, a value with blanks in quotes. What looks like a setting and is none is
 * told, never guessed: an agent that was not asked for costs money, and a mistyped `base=` somebody's branch.
 */
import { isNear } from "./near.ts";
import { REQUEST_SETTINGS, SETTING_NAMES, type SettingName, type Settings } from "./verbs.ts";

export type SettingProblem =
  /** `near`: the one that may be meant. */
  | { what: "unknown"; key: string; near?: SettingName }
  | { what: "twice"; key: SettingName }
  | { what: "value"; key: SettingName; value: string }
  | { what: "unclosed"; key: SettingName }
  /** Written in another way: `--agent x`, `agent: x`, `agent = x`, `[agent=x]`, `retry agent x`. */
  | { what: "form"; key: SettingName }
  /** Behind the request. */
  | { what: "behind"; key: SettingName }
  | { what: "no_request" }
  /** The verb takes none. */
  | { what: "not_for"; verb: string };

export type ReadSettings = { settings: Settings; rest: string; problem?: SettingProblem };

/** Letters and dashes, so that `NODE_ENV=test npm test fails` and `a[0]=1 is lost` stay requests; so do `x==1` and `x=>y`. */
const KEY = /^([a-z][a-z-]{0,39})=(?![=>~])/i;
const OPTION = /^--?([a-z][a-z-]{0,39})(?:[=\s:]|$)/i;
const OTHER_FORM = /^([a-z][a-z-]{0,39})(?:\s*:|\s+=)(?=\s|\S)/i;
const IN_BRACKETS = /^[[({<]([a-z][a-z-]{0,39})\s*[=:]/i;
/** Each kind of quotation marks that keyboards and word processors put around words. */
const QUOTES: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  "“": "”",
  "”": "”",
  "„": "“",
  "‘": "’",
  "’": "’",
  "«": "»",
};
const LAST_WORD = new RegExp(`\\s(${SETTING_NAMES.join("|")})=(?:"[^"]*"|\\S+)$`, "i");

/** Those at the beginning of the text, up to the first word that is none. */
export function readSettings(text: string): ReadSettings {
  const settings: Record<string, string> = {};
  let rest = text;
  for (;;) {
    const written = KEY.exec(rest);
    if (!written) break;
    const key = settingNamed(written[1] ?? "");
    if (typeof key !== "string") return { settings, rest, problem: key };
    const value = readValue(rest.slice(written[0].length));
    if (!value) return { settings, rest, problem: { what: "unclosed", key } };
    if (settings[key] !== undefined) return { settings, rest, problem: { what: "twice", key } };
    const meant = REQUEST_SETTINGS[key].read(value.text);
    if (meant === undefined) return { settings, rest, problem: { what: "value", key, value: value.text } };
    settings[key] = meant;
    rest = value.rest.trimStart();
  }
  const problem = otherForm(rest);
  return { settings: settings as Settings, rest, ...(problem && { problem }) };
}

/** A setting of ours as the last word of a request. */
export function settingBehind(text: string): SettingProblem | undefined {
  const key = LAST_WORD.exec(text)?.[1];
  return key === undefined ? undefined : { what: "behind", key: key.toLowerCase() as SettingName };
}

/** Both, unless a setting is in both. */
export function joinSettings(one: Settings, other: Settings): Settings | SettingProblem {
  const twice = SETTING_NAMES.find((key) => one[key] !== undefined && other[key] !== undefined);
  return twice ? { what: "twice", key: twice } : { ...one, ...other };
}

function settingNamed(written: string): SettingName | SettingProblem {
  const key = written.toLowerCase();
  const name = SETTING_NAMES.find((each) => each === key);
  if (name) return name;
  const near = SETTING_NAMES.find((each) => REQUEST_SETTINGS[each].unlike.includes(key) || isNear(key, each));
  return { what: "unknown", key, ...(near && { near }) };
}

/** Undefined when its quotation mark is not closed, or has more behind it. */
function readValue(text: string): { text: string; rest: string } | undefined {
  const close = QUOTES[text[0] ?? ""];
  if (close === undefined) {
    const [word = ""] = /^\S*/.exec(text) ?? [];
    return { text: word, rest: text.slice(word.length) };
  }
  const end = text.indexOf(close, 1);
  const rest = text.slice(end + 1);
  return end === -1 || /^\S/.test(rest) ? undefined : { text: text.slice(1, end), rest };
}

function otherForm(rest: string): SettingProblem | undefined {
  const written = [OPTION, OTHER_FORM, IN_BRACKETS]
    .map((form) => form.exec(rest)?.[1])
    .find((each) => each !== undefined);
  const key = written && SETTING_NAMES.find((each) => each === written.toLowerCase());
  return key ? { what: "form", key } : undefined;
}
