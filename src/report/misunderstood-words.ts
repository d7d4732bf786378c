/**
 * What the bot answers where it carries out nothing, because a line is no command, is not in plain sight, or says something that
 * only a person can make clear. Commands stand in code and never begin a line.
 */
import type { Misunderstanding } from "../command/command.ts";
import { MAX_INSTRUCTION } from "../command/meaning.ts";
import type { SettingProblem } from "../command/settings.ts";
import { REQUEST_SETTINGS, SETTING_NAMES, VERBS } from "../command/verbs.ts";
import { code } from "../text/quote.ts";

export function explain(reason: Misunderstanding): string {
  switch (reason.kind) {
    case "mistyped":
      return `Did you mean \`/orch ${reason.verb}\`? ${SAY_MORE}`;
    case "reserved":
      return `\`/orch ${reason.word}\` means nothing to me yet: the word is kept for later, and I have not started anything. ${MORE}`;
    case "undo":
      return `\`/orch ${reason.word}\` cannot be done: what I have pushed stays until somebody closes the pull request or reverts its commits on GitHub. \`/orch cancel\` stops tasks that are not over. I have not started anything. ${MORE}`;
    case "chat":
      return chats[reason.about];
    case "one_word":
      return `One word is too little for me to start on: ${code(reason.word, 60)}. ${SAY_MORE}`;
    case "setting":
      return settingProblem(reason.problem);
    case "wordless":
      return `\`/orch ${reason.verb}\` has nothing behind it, so I have done nothing. Write it on one line, for example \`/orch ${VERBS[reason.verb].usage}\`.`;
    case "too_long":
      return `That request is longer than ${MAX_INSTRUCTION.toLocaleString("en")} characters, so I have not started. Say it in fewer words, or put the details on the lines below the command.`;
    case "spelling":
      return "That looks like a command for me, and I have not carried it out: a command is a line that begins with `/orch` and a blank, with no list marker, heading, bold type or other mark before it. If you meant it, write it in a new comment; if you only told of it, put it into code marks.";
    case "unreadable":
      return "This comment is too long or too deeply nested for me to read, so I have not carried out anything. Give the command in a shorter comment.";
    case "quoted":
      return `GitHub shows your command as part of the quote above it, so ${EMPTY_LINE("between the quote and the command")}`;
    case "in_html":
      return `GitHub takes your command for a part of the HTML above it, which goes on to the next empty line, or to its closing tag (\`</details>\`), so ${EMPTY_LINE("above the command")}`;
    case "in_table":
      return `GitHub shows your command as a row of the table above it, so ${EMPTY_LINE("between the table and the command")}`;
    case "in_footnote":
      return `GitHub shows your command as part of the footnote above it, so ${EMPTY_LINE("between the footnote and the command")}`;
  }
}

const MORE = "If you meant it as a request, say it in a few more words; `/orch help` shows what I understand.";
const SAY_MORE = `I have not started anything. ${MORE}`;
const EMPTY_LINE = (where: string): string => `I have not carried it out. Put an empty line ${where}.`;

const chats = {
  thanks: "You are welcome. I have not started anything; `/orch help` shows what I understand.",
  hello:
    "Hello, I am here. `/orch` and a request in your own words starts a task, `/orch status` shows those that there are, `/orch help` tells more. I have not started anything.",
  noted: "Noted, but I take no answers yet, and I have not started anything. `/orch help` shows what I understand.",
};

function settingProblem(problem: SettingProblem): string {
  switch (problem.what) {
    case "unknown": {
      const near = problem.near ? ` Did you mean \`${problem.near}=\`?` : "";
      return `${code(`${problem.key}=`, 60)} is not a setting of mine, so I have not started.${near} There are: ${NAMES}. If it belongs to your request, put another word, or code marks, before it.`;
    }
    case "twice":
      return `\`${problem.key}=\` stands there twice, so I have not started. Give it once.`;
    case "value":
      return `${code(problem.value, 60)} cannot be the value of \`${problem.key}=\`, so I have not started. It takes ${REQUEST_SETTINGS[problem.key].values}.`;
    case "unclosed":
      return `The value of \`${problem.key}=\` begins with a quotation mark, and I do not see where it ends, so I have not started. Close it, and put a blank behind it: \`${problem.key}="…" and the request\`.`;
    case "form":
      return `Do you mean the setting \`${problem.key}=\`? I have not started. It is written \`/orch ${problem.key}=${REQUEST_SETTINGS[problem.key].example} and the request\`. If the word belongs to your request, put another word before it.`;
    case "behind":
      return `\`${problem.key}=\` stands behind your request, and I cannot tell whether it belongs to it, so I have not started. Settings stand before the request: \`/orch ${problem.key}=${REQUEST_SETTINGS[problem.key].example} and the request\`. If it is part of the request, put a full stop and another word behind it.`;
    case "no_request":
      return "You have set something, but there is no request behind it, so I have not started. Write the request on the same line, in your own words.";
    case "not_for":
      return `\`/orch ${problem.verb}\` takes no settings, so I have not carried it out. Write it without them.`;
  }
}

const NAMES = SETTING_NAMES.map((name) => `\`${name}=\``).join(", ");
