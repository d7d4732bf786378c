import { expect, test } from "vitest";
import { readCommands } from "../../src/command/read-commands.ts";

const FIX = { kind: "task", instruction: "fix it" };

test("a long comment is read like a short one", async () => {
  const log = "a line of a log\n".repeat(3_000);
  expect(await readCommands(`/orch fix it\n\n\`\`\`\n/orch break it\n${log}\`\`\`\n`)).toEqual([
    {
      line: 1,
      ...FIX,
      left: expect.any(Number),
      details: expect.stringMatching(/^```\n\/orch break it\n(a line of a log\n)+[\s\S]* more characters left out\]$/),
    },
  ]);
});

test("Markdown that takes for ever to parse is given up without holding up others", async () => {
  const bomb = `${` ${">".repeat(19)}\n\n`.repeat(2_900)}\n/orch fix it`;
  const order: string[] = [];
  await Promise.all([
    readCommands(bomb).then((commands) => {
      order.push("bomb");
      expect(commands).toEqual([{ line: 0, kind: "misunderstood", reason: { kind: "unreadable" } }]);
    }),
    readCommands("/orch fix it").then(() => order.push("short")),
  ]);
  expect(order).toEqual(["short", "bomb"]);
});

test("a command below thousands of quotes that end by themselves needs no parser", async () => {
  const quotes = `${`${">".repeat(19)}\n\n`.repeat(3_000)}\n/orch fix it`;
  expect(await readCommands(quotes)).toEqual([{ line: 6_002, ...FIX }]);
});

test("a comment longer than GitHub allows holds no command", async () => {
  expect(await readCommands(`/orch fix it\n${"x".repeat(70_000)}`)).toEqual([]);
});
