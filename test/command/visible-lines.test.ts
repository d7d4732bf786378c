/** The short way for plain comments must find what the Markdown parser finds. */
import { expect, test } from "vitest";
import { parseCommands } from "../../src/command/command.ts";
import { makeComments } from "./random-comments.ts";

const PIECES = [
  "/orch fix it",
  "  /orch help",
  "- item",
  "   indented",
  "1. one",
  "# head",
  "===",
  "***",
  "",
  "",
  "words",
];
const QUOTES = [
  "> said",
  "> said",
  ">",
  "> ```",
  "> `code",
  "> [a]: b",
  ">\tfar",
  "> - item",
  "> <pre>",
  ">> deep",
  " > late",
  "\u00a0",
  "\f",
  " \t",
];

/** The same comments on every machine: Park and Miller's generator. */
function makeRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

test("a comment without Markdown that hides is read as the parser reads it", () => {
  const random = makeRandom(7);
  let commands = 0;
  for (let trial = 0; trial < 500; trial++) {
    const body = Array.from({ length: 8 }, () => PIECES[random(PIECES.length)]).join(random(2) ? "\n" : "\r\n");
    const found = parseCommands(body);
    // A lone backtick in a paragraph of its own hides nothing and calls the parser.
    const parsed = parseCommands(`\`\n\n${body}`).map((command) => ({ ...command, line: command.line - 2 }));
    expect(parsed, body).toEqual(found);
    commands += found.length;
  }
  expect(commands).toBeGreaterThan(500);
});

test("a comment with quotes is read as the parser reads it", () => {
  const random = makeRandom(11);
  const kinds = new Map<string, number>();
  for (let trial = 0; trial < 1_000; trial++) {
    const piece = () => {
      const pieces = random(3) ? PIECES : QUOTES;
      return pieces[random(pieces.length)];
    };
    const body = Array.from({ length: 9 }, piece).join(random(2) ? "\n" : "\r\n");
    const found = parseCommands(body);
    const parsed = parseCommands(`\`\n\n${body}`).map((command) => ({ ...command, line: command.line - 2 }));
    expect(parsed, body).toEqual(found);
    for (const { kind } of found) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  expect(kinds.get("task")).toBeGreaterThan(200);
  expect(kinds.get("misunderstood")).toBeGreaterThan(20);
});

test("whatever a comment holds, the short way finds what the parser finds", () => {
  const next = makeComments(20_261_127, { known: false });
  for (let trial = 0; trial < 10_000; trial++) {
    const body = next();
    const parsed = parseCommands(`\`\n\n${body}`).map((command) => ({ ...command, line: command.line - 2 }));
    expect(parsed, JSON.stringify(body)).toEqual(parseCommands(body));
  }
});

test.each([
  ["a no-break space", "\u00a0"],
  ["a form feed", "\f"],
  ["an ideographic space", "\u3000"],
  ["a byte order mark", "\uFEFF"],
])("a line with nothing but %s does not end a quote", (_name, line) => {
  const [command] = parseCommands(`> said\n${line}\n/orch fix it`);
  expect(command).toMatchObject({ kind: "misunderstood", reason: { kind: "quoted" } });
});

test.each([
  ["a fence of tildes", "~~~\n/orch fix it\n~~~"],
  ["a tag", "<pre>\n/orch fix it\n</pre>"],
  ["an HTML comment", "<!--\n/orch fix it\n-->"],
  ["a link's text", "[a\n/orch fix it\nb](https://example.com)"],
])("%s still hides a command", (_name, body) => {
  expect(parseCommands(body)).toEqual([]);
});
