/**
 * Every sentence that Orch can say on GitHub or on its dashboard stands in test/golden, so that a change of one is seen and read. Written anew by
 * `npx vitest run test/words/golden.test.ts -u`.
 */
import { globSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ASKING_LOOKS, STATE_LABELS } from "../../src/task/labels.ts";
import { pageWordsIn } from "./page-words.ts";
import { sayings } from "./sayings.ts";

const GOLDEN = "../golden";

test("what is said of tasks, in replies, pull requests, comments and checks", async () => {
  const parts = Object.entries(sayings).flatMap(([path, { says }]) => [
    `# ${path}`,
    ...Object.entries(says).flatMap(([name, say]) => [`## ${name}`, ...new Set(say().map(shown))]),
  ]);
  await expect(`${parts.join("\n\n")}\n`).toMatchFileSnapshot(`${GOLDEN}/words.md`);
});

/** Each as a block, in which nothing is rendered: the marks belong to what is said. */
function shown(text: string | undefined): string {
  return (text ?? "(nothing)").replace(/^/gm, "    ").replace(/[ \t]+$/gm, "");
}

test("every module of words, and every function in it, is among them", () => {
  const paths = globSync(["src/words/*.ts", "src/report/{*words,*-text,help,replies,facts}.ts"])
    .filter((path) => path !== "src/report/publish-text.ts")
    .toSorted();
  for (const path of paths) {
    expect(Object.keys(sayings), "a module without an entry in sayings.ts").toContain(path);
  }
  for (const [path, { module, says }] of Object.entries(sayings))
    expect(Object.keys(says).toSorted(), `the exports of ${path}`).toEqual(Object.keys(module).toSorted());
});

test("what is said elsewhere in the code: refusals, errors that become a reason, labels", async () => {
  const files = globSync(["src/**/*.ts", "workers/**/*.ts"])
    .filter((path) => !(path in sayings) && !NOT_SAID.includes(path))
    .toSorted();
  const found = files.flatMap((path) => {
    const sentences = sentencesIn(readFileSync(path, "utf8"));
    return sentences.length === 0 ? [] : [`# ${path}`, sentences.map((each) => `- ${each}`).join("\n")];
  });
  const labels = Object.entries({ ...ASKING_LOOKS, ...STATE_LABELS }).map(
    ([name, look]) => `- ${name}: ${look.description}`,
  );
  const text = ["# Labels", labels.join("\n"), ...found].join("\n\n");
  await expect(`${text}\n`).toMatchFileSnapshot(`${GOLDEN}/elsewhere.md`);
});

test("what the dashboard says, on its pages and in its scripts", async () => {
  const files = globSync(["dashboard/**/*.ts", "dashboard/assets/*.js"]).toSorted();
  const found = files.flatMap((path) => {
    const words = pageWordsIn(readFileSync(path, "utf8"), path);
    return words.length === 0 ? [] : [`# ${path}`, words.map((each) => `- ${each}`).join("\n")];
  });
  await expect(`${found.join("\n\n")}\n`).toMatchFileSnapshot(`${GOLDEN}/pages.md`);
});

/** Descriptions of settings. */
const NOT_SAID = ["src/settings/environment.ts", "workers/operator-file.ts", "workers/operator-limits.ts"];

const LITERAL = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

/** Whole sentences in a source: they begin with a capital letter, or with what is filled in, and end like one. */
function sentencesIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const texts = [...code.matchAll(LITERAL)].map(([literal]) => literal.slice(1, -1));
  return texts.filter(
    (text) => /^(?:[A-Z]|\$\{|\\`|@)/.test(text) && /[.!?]$/.test(text) && text.split(" ").length > 3,
  );
}

test("nothing that is said starts with a command, or hides a character", () => {
  for (const { says } of Object.values(sayings))
    for (const text of Object.values(says).flatMap((say) => say())) {
      expect(text ?? "").not.toMatch(/^[\s>]*\/orch/im);
      expect(text ?? "").not.toMatch(/\p{Cf}/u);
    }
});

test("a draft is promised nowhere, because not every plan of GitHub has them", () => {
  for (const [path, { says }] of Object.entries(sayings).filter(([path]) => path.startsWith("src/words/")))
    for (const text of Object.values(says).flatMap((say) => say())) expect(text ?? "", path).not.toMatch(/draft pull/);
});
