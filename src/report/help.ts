/** What `/orch help` answers, made of the table of verbs and settings. */
import { REQUEST_SETTINGS, SETTING_NAMES, type SettingName, VERB_NAMES, VERBS, type Verb } from "../command/verbs.ts";

export function help(): string {
  return [
    "Write a line that starts with `/orch` in a comment on an issue or a pull request:",
    "",
    "- `/orch fix the failing tests` – any request in your own words. An agent works on it and comes back with a pull request, a draft where your plan has drafts. On a pull request it works on that pull request's branch, and is told its open review threads and failing checks.",
    ...VERB_NAMES.map(verbLine),
    "",
    `Settings come before the request, or after \`retry\`, \`then\`, \`plan\` or \`team\`, as in ${EXAMPLE}:`,
    "",
    ...SETTING_NAMES.map(settingLine),
    "",
    "Without a word: the labels `orch` (do what this says), `orch:team` (as a team), `orch:retry` and `orch:cancel`, if the operator has not given them other names, and **Re-run** and the buttons of the check `orch`.",
    "",
    "Where several tasks could be meant, the newest is; another one by its id, or the beginning of it, after the word, e.g. `/orch why tab2c`. The id is at the foot of the progress comment. What you write below a request belongs to it. Several lines with `/orch` are several commands, at most ten in a comment. Lines in code, quotes, tables, HTML comments and collapsed sections are ignored, and so are later edits of a comment. Commands are taken from people with write permission, and but for the title only texts by them reach the agent: quote below your request what else it should know.",
  ].join("\n");
}

const EXAMPLE = `\`/orch agent=${REQUEST_SETTINGS.agent.example} base=${REQUEST_SETTINGS.base.example} fix the failing tests\``;

function verbLine(verb: Verb): string {
  const { usage, does, also } = VERBS[verb];
  const others = also.map((word) => `\`${word}\``);
  return `- \`/orch ${usage}\` – ${does}.${others.length > 0 ? ` Also: ${others.join(", ")}.` : ""}`;
}

function settingLine(name: SettingName): string {
  return `- \`${name}=${REQUEST_SETTINGS[name].example}\` – ${REQUEST_SETTINGS[name].does}.`;
}
