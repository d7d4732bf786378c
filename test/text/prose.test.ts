import { expect, test } from "vitest";
import { prose } from "../../src/text/prose.ts";
import { expectInert, inputs } from "./hostile-text.ts";

test("paragraphs, lists and code of an agent's text stay, and nothing else is markup", () => {
  const text = [
    "## What changed",
    "",
    "The **sum** started at `1`, see [the docs](https://octo.example/sum) and <b>this</b>:",
    "",
    "* `lib/sum.js` starts at 0",
    "  - and *so* does the test for @octo/tool",
    "1) first",
    "```js",
    "const sum = 0; // fixes #3",
    "```",
    "![x](https://attacker.example/x.png)",
  ].join("\n");
  const url = (path: string) => `<code>https&colon;&sol;&sol;${path}</code>`;
  expect(prose(text)?.split("\n")).toEqual([
    "**What changed**",
    "",
    `The sum started at \`1\`, see the docs \\(${url("octo.example&sol;sum")}\\) and &lt;b\\>this&lt;/b\\>\\:`,
    "",
    "- `lib/sum.js` starts at 0",
    "  - and so does the test for <code>&commat;octo&sol;tool</code>",
    "1. first",
    "",
    "<pre>const sum = 0; &sol;&sol; fixes &num;3</pre>",
    "",
    `\\!x \\(${url("attacker.example&sol;x.png")}\\)`,
  ]);
});

test("whatever an agent says is inert, and bounded", () => {
  for (const input of inputs) {
    const text = prose(input);
    if (text === undefined) continue;
    expectInert(text);
    expect(text.replace(/<\/?(?:code|pre|b)>/g, "").replace(/^```[\s\S]*?^```$/gm, "")).not.toMatch(/<|!\[/);
  }
  expect(prose(" \n\u200b ")).toBeUndefined();
  expect(prose("word ".repeat(10_000))?.length).toBeLessThan(4_010);
  expect(prose("`".repeat(10_000))).toBeDefined();
});
