/** Comments as the pages show them. */
import { describe, expect, it } from "vitest";
import { renderMarkdown } from "../../simulator/pages/markdown.ts";

const render = (source: string) =>
  renderMarkdown(source, "octo-org/sample").text.replace(/^<div class="markdown">|<\/div>$/g, "");

describe("GitHub's additions to Markdown", () => {
  it("draws a table with its alignment, code and links in cells, and a bar that is part of a cell", () => {
    expect(render("| a | b |\n| --- | --: |\n| `x` | 1 |\n| **y** \\| z | [l](https://h.test/) |")).toBe(
      '<table><thead><tr><th class="left">a</th><th class="right">b</th></tr></thead><tbody>' +
        '<tr><td class="left"><code>x</code></td><td class="right">1</td></tr>' +
        '<tr><td class="left"><strong>y</strong> | z</td><td class="right"><a href="https://h.test/" rel="nofollow">l</a></td></tr></tbody></table>',
    );
  });

  it("draws a table that follows a line of text, and fills short rows", () => {
    expect(render("Phases:\n| a | b |\n|:-:|---|\n| 1 |")).toMatch(
      /^<p>Phases:<\/p><table>.*<td class="center">1<\/td><td class="left"><\/td>/,
    );
  });

  it("takes no table for a paragraph with bars", () => {
    expect(render("a | b\nc | d")).toBe("<p>a | b<br>c | d</p>");
  });

  it("draws task lists", () => {
    expect(render("- [x] done\n- [ ] to do")).toBe(
      '<ul><li class="task"><input type="checkbox" disabled checked> done</li><li class="task"><input type="checkbox" disabled> to do</li></ul>',
    );
  });

  it("links bare addresses without the full stop after them, and #12, but not inside words or code", () => {
    expect(render("See https://h.test/a?b=1&c=2. Fixed by #12, not a#3 `#4`")).toBe(
      '<p>See <a href="https://h.test/a?b=1&amp;c=2" rel="nofollow">https://h.test/a?b=1&amp;c=2</a>. ' +
        'Fixed by <a href="/octo-org/sample/issues/12" rel="nofollow">#12</a>, not a#3 <code>#4</code></p>',
    );
  });

  it("folds details with Markdown inside, and hides HTML comments", () => {
    const folded = render(
      "<details><summary>Log</summary>\n\n```\na < b\n```\n\n</details>\n\n<!-- marker -->\n<sub>small</sub>",
    );
    expect(folded).toContain("<details><summary>Log</summary>");
    expect(folded).toContain("<pre><code>a &lt; b</code></pre>");
    expect(folded).toContain("<sub>small</sub>");
    expect(folded).not.toContain("marker");
  });

  it("colours a diff in a code fence", () => {
    expect(render("```diff\n-a\n+b\n```")).toBe(
      '<pre><code><span class="del">-a\n</span><span class="add">+b\n</span></code></pre>',
    );
  });
});

describe("hostile Markdown stays text", () => {
  it.each([
    ["<script>alert(1)</script>"],
    ["<details ontoggle=alert(1) open>"],
    ["<summary style='position:fixed'>x</summary>"],
    ["a <img src=x onerror=alert(1)> b"],
    ["<svg/onload=alert(1)>"],
    ["<sub\nonclick=alert(1)>x</sub>"],
    ["<!-- --!><script>alert(1)</script>"],
    ["<details<script>alert(1)</script>>"],
    ["| <script>alert(1)</script> |\n| --- |\n| <img src=x onerror=alert(1)> |"],
  ])("%s", (source) => {
    expect(
      render(source).replace(/<\/?(?:p|sub|summary|br|table|thead|tbody|tr|t[hd] class="left"|t[hd])>/g, ""),
    ).not.toMatch(/<[^>]/);
  });

  it.each([
    ["javascript:alert(1)"],
    ["JaVaScript:alert(1)"],
    ["data:text/html,x"],
    ["vbscript:x"],
    ["//evil.test/x"],
    ["\u0001javascript:x"],
  ])("a link to %s is no link", (url) => {
    expect(render(`[text](<${url}>) and ![picture](<${url}>)`)).not.toContain("<a");
    expect(render(`[text][ref]\n\n[ref]: <${url}>`)).not.toContain("<a");
  });

  it("an image is a link, so the page loads nothing", () => {
    expect(render("![shot](https://h.test/a.png)")).toBe(
      '<p><a href="https://h.test/a.png" rel="nofollow">🖼 shot</a></p>',
    );
  });
});
