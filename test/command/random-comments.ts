/** Comments made at random of what decides about commands, each command in them with a number of its own. */
import { type Random, randomFrom } from "../support/random.ts";

/** `N` becomes the command's number. */
const COMMANDS = [
  "/orch nN x",
  "/orch nN x",
  "/orch nN x",
  "  /orch nN x",
  "    /orch nN x",
  "\t/orch nN x",
  "\u00a0/orch nN x",
  "\u200b/orch nN x",
  "- /orch nN x",
  "1. /orch nN x",
  "- [ ] /orch nN x",
  "> /orch nN x",
  "# /orch nN x",
  "**/orch nN x**",
  "`/orch nN x`",
  "~~/orch nN x~~",
  "| /orch nN x |",
  "/orch nN x | b",
  "words /orch nN x",
  // An empty line ends each table: the two readers differ about what else does.
  "| a |\n|---|\n| /orch nN x |\n",
  "a | b\n--|--\n/orch nN x | c\n",
  "a | b\n--|--\n/orch nN x\n",
];
const BLOCKS = [
  "",
  "",
  "",
  "words",
  "> said",
  ">",
  ">> deep",
  "- item",
  "  more",
  "    deep",
  "1. one",
  "# head",
  "***",
  "```",
  "~~~",
  "| a |\n|---|\n| b |\n",
  "<!--",
  "-->",
  "<!-- a -->",
  "<pre>",
  "</pre>",
  "<details>",
  "</details>",
  "<details open>",
  "<div hidden>",
  "</div>",
  "<br>",
  "<p>",
  "</p>",
];
const INLINES = [
  "`",
  "``",
  "`a",
  "b`",
  "~~",
  "~~old",
  "old~~",
  "[a",
  "](b)",
  "![",
  "<del>",
  "</del>",
  "\\",
  "&lt;",
  " ",
];
/** Beyond what the second reader knows, or reads as GitHub does: it takes a no-break space for a blank, and
 * does not open again what a tag closes by the way. */
const MORE = [
  "<b>",
  "</b>",
  "<svg>",
  "</svg>",
  "<b>\u00a0",
  "[a]: b",
  "$$",
  "$",
  "[^1]: note",
  "[^1]",
  "    ",
  "\u0000",
  "\ud800",
  "🚲",
  "<",
  ">",
  "*",
  "_a_",
  '<a title="',
  "On 1 May Bob wrote:",
  "From: a",
  "Sent: b",
];

/** `known`: only what the second reader knows. */
export function makeComments(seed: number, { known }: { known: boolean }): () => string {
  const random = randomFrom(seed);
  let count = 0;
  const line = (): string => {
    const what = random.below(10);
    if (what < 3) return random.pick(COMMANDS).replace("N", String(count++));
    if (what < 8) return random.pick(BLOCKS);
    if (what < 9 || known) return inline(random);
    return random.pick(MORE);
  };
  return () => {
    count = 0;
    const lines = Array.from({ length: 1 + random.below(7) }, line);
    return lines.join(random.below(8) === 0 ? "\r\n" : "\n");
  };
}

/** Never three tildes or more side by side: GitHub strikes nothing out by those, the second reader does. */
function inline(random: Random): string {
  const parts = Array.from({ length: 1 + random.below(3) }, () =>
    random.pick(random.below(2) ? INLINES : ["words", "a b"]),
  );
  return parts.join("").replace(/~{3,}/g, "~~");
}
