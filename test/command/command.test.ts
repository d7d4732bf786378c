import { describe, expect, test } from "vitest";
import { type Command, MAX_COMMANDS, parseCommands } from "../../src/command/command.ts";
import { MAX_DETAILS } from "../../src/command/details.ts";

const one = (body: string): Omit<Command, "line"> | undefined => {
  const [command] = parseCommands(body);
  if (!command) return undefined;
  const { line: _, ...rest } = command;
  return rest;
};
const task = (instruction: string) => ({ kind: "task", instruction });

test("a request has a longest length", () => {
  expect(one(`/orch fix ${"x".repeat(3_996)}`)).toMatchObject({ kind: "task" });
  expect(one(`/orch fix ${"x".repeat(3_997)}`)).toEqual({ kind: "misunderstood", reason: { kind: "too_long" } });
});

test("several lines are several commands, named by their line", () => {
  expect(parseCommands("Hi\n/orch fix one\n\n/orch status\n/orch fix two")).toEqual([
    { line: 2, kind: "task", instruction: "fix one" },
    { line: 4, kind: "status" },
    { line: 5, kind: "task", instruction: "fix two" },
  ]);
});

test("too many can be told from just enough", () => {
  expect(parseCommands("/orch fix it\n".repeat(MAX_COMMANDS))).toHaveLength(MAX_COMMANDS);
  expect(parseCommands("/orch fix it\n".repeat(500))).toHaveLength(MAX_COMMANDS + 1);
});

describe("what stands below a command", () => {
  const details = (body: string) => parseCommands(body).map((command) => "details" in command && command.details);

  test.each([
    ["/orch fix it\n\nKeep the API, see `src/x`.\n\n- a\n- b\n", "Keep the API, see `src/x`.\n\n- a\n- b"],
    ["Hello\n\n/orch fix it\nat once\n---\nregards", "at once\n---\nregards"],
    ["/orch fix it\r\n\r\none\r\ntwo\rthree", "one\ntwo\nthree"],
    ["/orch fix it\n\n    code\n", "    code"],
    ["/orch fix it\n```sh\n/orch status\n```\n> /orch help\n", "```sh\n/orch status\n```\n> /orch help"],
    ["/orch fix it\n\n> it fails\n\nMake it pass.", "> it fails\n\nMake it pass."],
    ["/orch fix it\na\u0000b\u0007\tc", "ab\tc"],
    ["/orch fix it\nseen <!-- hidden -->", "seen <!-- hidden -->"],
  ])("%j: as it was written", (body, expected) => {
    expect(details(body)).toEqual([expected]);
  });

  test.each([
    "/orch fix it",
    "/orch fix it\n\n \t\n",
    "/orch fix it\n\u200b\n<!-- a\n\ntemplate -->\n",
    "words\n\n/orch fix it",
  ])("%j: nothing that a reader sees", (body) => {
    expect(one(body)).toEqual(task("fix it"));
  });

  test("every request has its own; what is no request has none", () => {
    expect(
      parseCommands("/orch fix one\na\n\n/orch status\nb\n/orch fix two\n/orch retry\nc\n> d\n/orch fix x\ne"),
    ).toEqual([
      { line: 1, kind: "task", instruction: "fix one", details: "a" },
      { line: 4, kind: "status" },
      { line: 6, kind: "task", instruction: "fix two" },
      { line: 7, kind: "retry" },
      { line: 10, kind: "misunderstood", reason: { kind: "quoted" } },
    ]);
  });

  test("the last of too many commands has no more than its own lines", () => {
    const body = Array.from({ length: 20 }, (_, index) => `/orch fix it\ndetail ${index}\n`).join("");
    expect(details(body)).toEqual(Array.from({ length: MAX_COMMANDS + 1 }, (_, index) => `detail ${index}`));
  });

  test("what is too long is cut, and says so", () => {
    const [cut] = parseCommands(`/orch fix it\n${"x".repeat(9_000)}`);
    expect(cut).toMatchObject({ left: 9_000 - (MAX_DETAILS - 60) });
    const [exact, long] = [
      details(`/orch fix it\n${"x".repeat(MAX_DETAILS)}`),
      details(`/orch fix it\n${"🚲".repeat(9_000)}`),
    ];
    expect(exact).toEqual(["x".repeat(MAX_DETAILS)]);
    expect(long[0]).toMatch(/^🚲+\n\[… \d+ more characters left out\]$/u);
    expect(String(long[0]).length).toBeLessThanOrEqual(MAX_DETAILS);
  });

  test("the cut does not turn hidden text into words", () => {
    const [cut] = details(`/orch fix it\nwords <!-- ${"hidden ".repeat(2_000)}-->`);
    expect(cut).toMatch(/^words \n\[… \d+ more/);
    const [whole] = details(`/orch fix it\n<!-- a --> words ${"x".repeat(9_000)}`);
    expect(whole).toMatch(/^<!-- a --> words x+\n\[/);
  });
});

test("whatever surrounds it, a fenced or quoted line is never a command", () => {
  const pieces = [
    "a",
    "`",
    "``",
    "*",
    "_b_",
    "[x]",
    "](",
    "<i>",
    "</i>",
    "\\",
    "&amp;",
    "- c",
    "1. d",
    "# e",
    "|",
    "~",
    "\t",
  ];
  let seed = 20_261_121;
  const next = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return seed % below;
  };
  const noise = () =>
    Array.from({ length: next(6) }, () => `${pieces[next(pieces.length)]} ${pieces[next(pieces.length)]}`).join("\n");
  let obeyed = 0;
  for (let round = 0; round < 400; round++) {
    const secret = `secret${round}`;
    const hidden = [`\`\`\`\`\`\n/orch ${secret} x\n\`\`\`\`\``, `> /orch ${secret} x`, `<!--\n/orch ${secret} x\n-->`][
      round % 3
    ];
    const body = `${noise()}\n\n${hidden}\n\n${noise()}\n\n/orch visible ${round}\n`;
    const commands = JSON.stringify(parseCommands(body));
    expect(commands, body).not.toContain(secret);
    if (commands.includes(`visible ${round}`)) obeyed += 1;
  }
  expect(obeyed).toBeGreaterThan(300);
});

test("a text without a command line yields nothing, whatever it is", () => {
  const pieces = ["/orchestra", "x /orch fix", "> /orch fix", "`/orch fix`", "", "<b>", "- a", "```", "~~~", "\r"];
  let seed = 4_711;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  for (let round = 0; round < 500; round++) {
    const body = Array.from({ length: 1 + next(12) }, () => pieces[next(pieces.length)]).join("\n");
    expect(parseCommands(body), body).toEqual([]);
  }
});

test("details are a part of the source below their command and above the next", () => {
  const pieces = ["/orch fix it", "words", "```", "> quoted", "", "- a `b`", "<!-- c -->", "# d"];
  let seed = 1_618;
  const next = (below: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  let found = 0;
  for (let round = 0; round < 400; round++) {
    const lines = Array.from({ length: 1 + next(14) }, () => String(pieces[next(pieces.length)]));
    const commands = parseCommands(lines.join("\n"));
    for (const [index, command] of commands.entries()) {
      if (command.kind !== "task" || command.details === undefined) continue;
      found += 1;
      const end = commands[index + 1]?.line ?? lines.length + 1;
      expect(
        lines
          .slice(command.line, end - 1)
          .join("\n")
          .trim(),
        lines.join("\n"),
      ).toBe(command.details.trim());
    }
  }
  expect(found).toBeGreaterThan(150);
});
