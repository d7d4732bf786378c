/** The page of the command line has every verb and every option once, and none that there is not. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, test } from "vitest";
import { orchProgram } from "./orch-program.ts";

const page = readFileSync("docs/cli.md", "utf8");

/** By the verb's whole name. */
function verbsOf(command: Command, above = ""): [string, Command][] {
  return command.commands.flatMap((each): [string, Command][] => {
    const name = `${above} ${each.name()}`.trim();
    if (name.startsWith("_")) return []; // for shells
    return each.commands.length > 0 ? verbsOf(each, name) : [[name, each]];
  });
}

const sections = page.split(/^(?=##)/m).flatMap((section) => {
  const [, name] = /^### `orch ([^`]+)`/.exec(section) ?? [];
  return name === undefined ? [] : [{ name, section }];
});

test("every verb has a section, and every section is of a verb", async () => {
  const verbs = verbsOf(await orchProgram()).map(([name]) => name);
  expect(sections.map(({ name }) => name).sort()).toEqual(verbs.sort());
});

test("the section of a verb has its options, each once", async () => {
  const verbs = new Map(verbsOf(await orchProgram()));
  for (const { name, section } of sections) {
    const listed = [...section.matchAll(/^- `(?:-\w, )?(--[\w-]+)/gm)].map(([, option]) => option);
    const options = verbs.get(name)?.options.map(({ long }) => long) ?? [];
    expect(listed.sort(), name).toEqual(options.sort());
  }
});

test("the scripts of npm are those that there are, and do what is said of them", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
  const said = [...page.matchAll(/^\| `npm run (agents:[\w-]+)` \| `orch ([^`]+)` \|$/gm)];
  const there = Object.keys(scripts).filter((script) => script.startsWith("agents:"));
  expect(said.map(([, script]) => script).sort()).toEqual(there.sort());
  for (const [, script = "", words = ""] of said)
    expect(scripts[script]).toMatch(new RegExp(` cli/orch\\.ts ${words}$`));
});
