import { expect, test } from "vitest";
import { inPages, sentence } from "../../../dashboard/pages/sentence.ts";

test("our own backticks become code, and nobody else's do", () => {
  expect(sentence("Comment `/orch retry` there.").text).toBe("Comment <code>/orch retry</code> there.");
  const hostile = inPages.plain("a `b` <img src=x onerror=alert(1)>");
  expect(sentence(`It said ${hostile}.`).text).toBe("It said a `b` &lt;img src=x onerror=alert(1)&gt;.");
  expect(sentence(`It is ${inPages.code("x`y")}.`).text).toBe("It is <code>x`y</code>.");
});

test("a mark of ours that somebody else writes means nothing", () => {
  expect(sentence(inPages.plain("a\ue002b")).text).toBe("ab");
});

test("direction and control characters of others are not shown", () => {
  expect(sentence(inPages.code("a\u202eb\u001b[2Jc")).text).toBe("<code>abc</code>");
});
