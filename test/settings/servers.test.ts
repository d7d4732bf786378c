import { describe, expect, test } from "vitest";
import { Refusal } from "../../src/refusal.ts";
import { parseRepositoryFile } from "../../src/settings/repository-file.ts";

const read = (text: string) => parseRepositoryFile([{ path: ".github/orch.yml", text }]);

function wrongIn(text: string): string {
  try {
    read(text);
  } catch (error) {
    if (error instanceof Refusal) return error.message;
  }
  throw new Error("it was read");
}

describe("a repository's servers", () => {
  test("have a command, and a port or a text by which they are known to be ready, in their order", () => {
    const file = `servers:
  store: { command: [redis-server, --port, "6400"], prints: Ready to accept, seconds: 10 }
  web: { command: npm start, port: 3000 }
`;
    expect(read(file).servers).toEqual([
      { name: "store", command: ["redis-server", "--port", "6400"], prints: "Ready to accept", seconds: 10 },
      { name: "web", command: ["sh", "-c", "npm start"], port: 3000, seconds: 60 },
    ]);
  });

  test.each([
    ["no way to be ready", "web: { command: npm start }", "does not say when it is ready: add port, prints, or both"],
    ["the port of the way out", "web: { command: x, port: 17128 }", "must not be 17128"],
    ["a time without end", "web: { command: x, port: 80, seconds: 3600 }", "at most 120"],
    ["a text of several lines", 'web: { command: x, prints: "a\\nb" }', "must be one line"],
    ["a name that is none", "Web: { command: x, port: 80 }", "a server's name begins with a letter"],
    ["no command", "web: { port: 80 }", "`servers.web.command`"],
  ])("with %s are refused by name", (_, line, words) => {
    expect(wrongIn(`servers:\n  ${line}\n`)).toContain(words);
  });

  test("are at most eight", () => {
    const nine = Array.from({ length: 9 }, (_, nth) => `  s${nth}: { command: x, port: ${nth + 1} }`).join("\n");
    expect(wrongIn(`servers:\n${nine}\n`)).toContain("expected at most 8 servers");
  });
});
