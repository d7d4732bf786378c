import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { commandLine, shellWord, shellWords } from "../../src/text/shell-words.ts";

const WORDS = [
  ...["", "plain", "--flag=value", "/a/b.c:d,e@f%g+h-i", "A=b", "_x1=$(id)", "it's here", "''", "'", "\\", "a\\'b"],
  ...["$HOME", "`id`", "$(id)", "a b", "a\nb", "\t", "~", "*", "?", "[a]", "{a,b}", "!", "#x", ";", "&", "|", "<", ">"],
  ...["ü🚲", '"', "if", "-n"],
];

test("a shell gives a program the very words", () => {
  const print = ["printf", "%s\\0", ...WORDS];
  expect(
    execFileSync("sh", ["-c", shellWords(print)], { encoding: "utf8" })
      .split("\0")
      .slice(0, -1),
  ).toEqual(WORDS);
});

test("a shell gives a variable the very value", () => {
  for (const word of WORDS) {
    const line = `X=${shellWord(word)}; printf '%s\\0' "$X"`;
    expect(execFileSync("sh", ["-c", line], { encoding: "utf8" })).toBe(`${word}\0`);
  }
});

test("a word that would set a variable at the start of a line is quoted, an option is not", () => {
  expect(shellWords(["A=b", "--a=b", "/usr/bin/x"])).toBe("'A=b' --a=b /usr/bin/x");
});

test("a NUL byte is refused", () => {
  expect(() => shellWord("a\0b")).toThrow("NUL");
});

test("a command is shown as a person would type it", () => {
  expect(commandLine(["sh", "-c", "npm test && npm run lint"])).toBe("npm test && npm run lint");
  expect(commandLine(["node", "--test", "it's here"])).toBe("node --test 'it'\\''s here'");
  expect(commandLine(["sh", "-c", "a", "b"])).toBe("sh -c a b");
});
