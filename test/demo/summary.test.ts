import { describe, expect, test } from "vitest";
import { isProven, renderSummary, type Summary } from "../../demo/summary.ts";

describe("the demo succeeds", () => {
  const kept = { host: "169.254.169.254", port: 80, why: "it is a cloud's metadata address" };
  const good = {
    draft: true,
    check: "success",
    before: { passed: 3, failed: 2 },
    after: { passed: 5, failed: 0 },
    violations: 0,
    sandbox: "bwrap",
    network: { egress: "open" as const, blocked: 1, places: [kept] },
    forbidden: "169.254.169.254:80",
  };

  test("with a draft whose tests pass, all that were there before, and a good check run", () => {
    expect(isProven(good)).toBe(true);
    expect(isProven({ ...good, after: { passed: 6, failed: 0 } })).toBe(true);
  });

  test("where there is no sandbox, or the agent is the operator's, whatever of the network was blocked", () => {
    expect(isProven({ ...good, sandbox: "none", network: undefined })).toBe(true);
    const { forbidden: _forbidden, ...own } = good;
    expect(isProven({ ...own, network: { egress: "listed", blocked: 0, places: [] } })).toBe(true);
    expect(isProven({ ...own, network: { ...good.network, blocked: 7 } })).toBe(true);
  });

  test.each([
    ["deletes the tests", { after: { passed: 0, failed: 0 } }],
    ["deletes those that failed", { after: { passed: 3, failed: 0 } }],
    ["leaves a test red", { after: { passed: 5, failed: 1 } }],
    ["pushes nothing", { after: undefined }],
    ["had nothing to mend", { before: { passed: 5, failed: 0 } }],
    ["gets no check run", { check: "none" }],
    ["gets a check run that says no", { check: "neutral" }],
    ["opens no draft", { draft: false }],
    ["breaks GitHub's schema", { violations: 1 }],
    ["has no word of the network", { network: undefined }],
    ["blocks nothing", { network: { egress: "open" as const, blocked: 0, places: [] } }],
    ["blocks more than was tried", { network: { egress: "open" as const, blocked: 2, places: [kept] } }],
    [
      "blocks something else",
      { network: { egress: "open" as const, blocked: 1, places: [{ ...kept, host: "10.0.0.1" }] } },
    ],
  ])("but not when the agent or Orch %s", (_what, seen) => {
    expect(isProven({ ...good, ...seen })).toBe(false);
  });
});

describe("the summary says of the network", () => {
  const summary: Summary = {
    ok: true,
    outcome: "pull_request",
    diff: "",
    check: "success",
    before: { passed: 1, failed: 1 },
    steps: [],
    sandbox: "bwrap",
    agent: "scripted",
    violations: 0,
  };
  const place = (host: string, port: number) => ({ host, port, why: "it is private" });

  test.each<[string, Summary["network"]]>([
    ["the machine's own: without a sandbox nothing is blocked", undefined],
    ["open to public hosts; nothing was blocked", { egress: "open", blocked: 0, places: [] }],
    [
      "open to public hosts; 1 connection blocked: 169.254.169.254:80",
      { egress: "open", blocked: 1, places: [place("169.254.169.254", 80)] },
    ],
    [
      "open to listed hosts; 4 connections blocked: 10.0.0.7:80, [fd00::1]:443",
      { egress: "listed", blocked: 4, places: [place("10.0.0.7", 80), place("", 0), place("fd00::1", 443)] },
    ],
  ])("%s", (words, network) => {
    expect(renderSummary({ ...summary, network }).split("\n")).toContain(`Network        ${words}`);
  });
});
