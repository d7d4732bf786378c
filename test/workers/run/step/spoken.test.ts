import { expect, test } from "vitest";
import { makeSpoken } from "../../../../workers/run/step/spoken.ts";

test("the last lines are what the agent said and did last, bounded", () => {
  const spoken = makeSpoken();
  spoken.begin();
  for (let count = 1; count <= 40; count++) spoken.hear({ type: "text", text: `line ${count}\n` });
  spoken.hear({ type: "tool", name: "shell", summary: "npm test", status: "started" });
  spoken.hear({ type: "tool", name: "shell", summary: "npm test", status: "ok" });
  const lines = spoken.lastLines().split("\n");
  expect(lines).toHaveLength(15);
  expect(lines.at(-1)).toBe("▸ shell npm test");
  expect(lines.at(-2)).toBe("line 40");
  spoken.hear({ type: "text", text: "x".repeat(100_000) });
  expect(spoken.lastLines().length).toBeLessThan(4_200);
});

test("a call that failed is marked where it began", () => {
  const spoken = makeSpoken();
  spoken.hear({ type: "tool", name: "shell", summary: "npm test", status: "started" });
  spoken.hear({ type: "tool", name: "edit", summary: "a.js", status: "started" });
  spoken.hear({ type: "tool", name: "shell", summary: "npm test", status: "failed" });
  spoken.hear({ type: "tool", name: "fetch", summary: "x", status: "failed" });
  expect(spoken.lastLines().split("\n")).toEqual(["✘ shell npm test", "▸ edit a.js", "✘ fetch x"]);
});

test("a line that is being drawn stands last until something is said", () => {
  const spoken = makeSpoken();
  spoken.hear({ type: "text", text: "install" });
  spoken.draw("40 %");
  spoken.draw("50 %");
  expect(spoken.lastLines()).toBe("install\n50 %");
  spoken.hear({ type: "text", text: "100 %" });
  expect(spoken.lastLines()).toBe("install\n100 %");
});

test("a cost without a single token is none: the service gave no answer", () => {
  const spoken = makeSpoken();
  spoken.hear({ type: "usage", inputTokens: 0, outputTokens: 0, costUsd: 0, scope: "session" });
  expect(spoken.progress()).toMatchObject({ inputTokens: undefined, costUsd: undefined });
});

test("tokens and cost of all steps add up, and are left out when no agent told them", () => {
  const spoken = makeSpoken();
  spoken.begin();
  expect(spoken.progress()).toMatchObject({ inputTokens: undefined, costUsd: undefined });
  spoken.hear({ type: "usage", inputTokens: 100, outputTokens: 10, costUsd: 0.5, scope: "run" });
  spoken.begin();
  spoken.hear({ type: "usage", inputTokens: 200, outputTokens: 20, costUsd: 0.25, scope: "run" });
  expect(spoken.progress()).toMatchObject({ inputTokens: 300, outputTokens: 30, costUsd: 0.75 });
});

test("a final word counts, and is not said twice by agents that repeat it", () => {
  const spoken = makeSpoken();
  spoken.hear({ type: "final", ok: true, text: "Nothing to do." });
  expect(spoken.lastLines()).toBe("Nothing to do.");
  spoken.hear({ type: "text", text: "I repaired it." });
  spoken.hear({ type: "final", ok: true, text: "I repaired it." });
  expect(spoken.lastLines()).toBe("Nothing to do.\nI repaired it.");
});

test("the summary is the agent's final word, or what it said after its last deed, of the last step that ended well", () => {
  const spoken = makeSpoken();
  spoken.begin();
  expect(spoken.summary()).toBeUndefined();
  spoken.hear({ type: "text", text: "I look at the tests." });
  spoken.hear({ type: "tool", name: "shell", summary: "npm test", status: "started" });
  spoken.hear({ type: "text", text: "Start the sum at zero" });
  spoken.hear({ type: "text", text: "It started at one." });
  spoken.hear({ type: "final", ok: true });
  expect(spoken.summary()).toBe("Start the sum at zero\nIt started at one.");
  spoken.begin();
  spoken.hear({ type: "final", ok: false, text: "The service is down." });
  expect(spoken.summary()).toBe("Start the sum at zero\nIt started at one.");
  spoken.hear({ type: "final", ok: true, text: "Start the sum at zero, test it" });
  expect(spoken.progress().summary).toBe("Start the sum at zero, test it");
  spoken.hear({ type: "final", ok: true, text: "x".repeat(100_000) });
  expect(spoken.summary()?.length).toBeLessThan(4_100);
});

test("what a program prints that tells no final word is no summary", () => {
  const spoken = makeSpoken();
  spoken.hear({ type: "text", text: "line 1" });
  expect(spoken.progress().summary).toBeUndefined();
});

test("the version that a program names stays known, bounded, also where a later step names none", () => {
  const spoken = makeSpoken();
  expect(spoken.progress().agentVersion).toBeUndefined();
  spoken.hear({ type: "session", sessionId: "s1", version: "2.1.329" });
  spoken.hear({ type: "session", sessionId: "s1" });
  expect(spoken.progress().agentVersion).toBe("2.1.329");
  spoken.hear({ type: "session", sessionId: "s1", version: "9".repeat(500) });
  expect(spoken.progress().agentVersion?.length).toBeLessThan(70);
});
