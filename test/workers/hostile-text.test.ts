/**
 * Text made to be slow. Every function below is in a process that keeps other people's tasks, and text reaches it from
 * whoever can write an issue or be an agent. Linear time takes milliseconds here, anything worse does not end: what fails
 * is a test that hangs.
 */
import { expect, test } from "vitest";
import { visibleText } from "../../src/text/clean.ts";
import { fenced } from "../../src/text/fenced.ts";
import { shownText } from "../../src/text/shown.ts";
import { adapterFor } from "../../workers/agents/adapters.ts";
import { agentKinds } from "../../workers/agents/kinds.ts";
import { transcriptRenderer } from "../../workers/agents/transcript.ts";
import { commitMessage } from "../../workers/publish/commit-message.ts";
import { makeSpoken } from "../../workers/run/step/spoken.ts";

const LENGTH = 200_000;
const UNITS = [
  ...[
    " ",
    "\t",
    "\n",
    " \n",
    "\r",
    ">",
    "-",
    "/",
    ".",
    ":",
    "@",
    "#",
    "(",
    ")",
    '"',
    "'",
    '" ',
    "`",
    "```\n",
    "[",
    "]",
  ],
  ...[
    "[a]:",
    "[a]:#",
    "[a]:# ",
    '[a]:# "',
    "<!--",
    "<!-->",
    "a<!-->",
    "-->",
    "<!-<!--",
    "\x1b",
    "\x1b]",
    "\x1b[",
    "0;",
  ],
  ...["a", "a-by", "fix ", "fix:", "#1", "GH-", "[skip ", "\u200b", "\ufffd", "é", '"code": ', '{"a":', "\\u0022"],
];
const BEGINNINGS = ["", "[a]:#", '[a]:# "', "fix", "[", "Orch-", '"code":', "\x1b]", "<!--"];

const texts = BEGINNINGS.flatMap((beginning) =>
  UNITS.map((unit) => `${beginning}${unit.repeat(LENGTH / unit.length)}x`),
);

const authorship = { taskId: "t1", epoch: 1, requester: { id: 1, login: "maintainer" }, subject: "Repair" };
const READERS: Record<string, (text: string) => unknown> = {
  shownText,
  fenced: (text) => fenced(text, "data"),
  visibleText,
  commitMessage: (text) => commitMessage(text, authorship),
  transcript: (text) => transcriptRenderer()({ type: "text", text }),
  spoken(text) {
    const spoken = makeSpoken();
    spoken.hear({ type: "text", text });
    return spoken.progress();
  },
  ...Object.fromEntries(
    agentKinds.map((kind) => [
      kind,
      (text: string) => {
        const { parser, judge } = adapterFor(kind);
        const events = [...parser().line(text), ...parser().line(JSON.stringify({ type: "error", message: text }))];
        return [events, judge({ exitCode: 1, errors: [], stderrTail: text })];
      },
    ]),
  ),
};

test.each(Object.keys(READERS))("%s comes to its end", (name) => {
  const read = READERS[name] as (text: string) => unknown;
  for (const text of texts) expect(read(text)).toBeDefined();
});
