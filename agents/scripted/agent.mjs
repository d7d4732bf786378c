#!/usr/bin/env node
/**
 * A scripted agent: no language model, no cost, and no network, unless it is asked to try one address. It runs a JavaScript
 * repository's failing tests, tries small changes in the code that they import, keeps those that make more tests pass, and
 * commits them. Where a script for a whole team is named (team.mjs), it plays that instead. It reads the prompt on standard input and speaks Orch's JSON lines on standard output (docs/agents.md).
 * Needs Node 18.15 or newer and git.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { askFirst, isAnswered } from "./ask-first.mjs";
import { candidates } from "./candidates.mjs";
import { finish, say, tool } from "./events.mjs";
import { commit, trackedFiles } from "./git.mjs";
import { playTeam } from "./team.mjs";
import { isTest, lastLines, measure, runCommand, sourcesOf } from "./test-runs.mjs";
import { tryAddress } from "./try-address.mjs";

/** One try costs a test run of about a tenth of a second. */
const maxTries = 600;
const maxMilliseconds = 4 * 60_000;

/** Orch names the command that will judge the work in the prompt's rules, which stand last. */
function commandIn(prompt) {
  return [...prompt.matchAll(/checked with `([^`\n]+)`/g)].at(-1)?.[1] ?? "node --test";
}

/** What it is to do without changing anything, which a script cannot: it would have to understand the code. */
function readsOnly(prompt) {
  const asked = [
    ["# Only propose", "propose how to do something"],
    ["# Plan for a team", "plan for a team"],
    ["# What to review", "review changes"],
  ];
  return asked.find(([heading]) => new RegExp(`^${heading}$`, "m").test(prompt))?.[1];
}

/** Runs the command that judges, as a tool call that a viewer sees. */
function check(command) {
  tool("shell", command, "started");
  const result = runCommand(command);
  tool("shell", command, result.exitCode === 0 ? "ok" : "failed");
  return result;
}

/** What the failing tests say, in words. */
function describe(files) {
  const failures = files.flatMap(({ file, failures }) => failures.map((failure) => ({ file, ...failure })));
  const lines = failures.slice(0, 10).map(({ file, name, line, expected, actual }) => {
    const difference = expected === undefined ? "" : `: expected ${expected}, got ${actual}`;
    return `- ${file}${line ? `:${line}` : ""} "${name}"${difference}`;
  });
  return `${failures.length} failing:\n${lines.join("\n")}`;
}

/**
 * Looks for one change that makes more tests pass than now, and leaves it in place.
 * @returns {{ file: string, source: string, line: number, what: string, failing: number } | undefined}
 */
function findRepair(testFiles, failing, budget) {
  const before = failing.reduce((sum, { score }) => sum + score, 0);
  for (const { file, source, line, what, text } of candidates(failing, sourcesOf(failing, trackedFiles()))) {
    if (budget.tries >= maxTries || Date.now() > budget.until) return undefined;
    budget.tries++;
    if (budget.tries % 50 === 0) say(`Changes tried so far: ${budget.tries}.`);
    writeFileSync(file, text);
    const failingNow = failing.reduce((sum, { file: test }) => sum + measure(test).score, 0);
    // Only a change that helps here is worth the run of all other tests.
    if (failingNow < before) {
      const all = testFiles.reduce((sum, test) => sum + measure(test).score, 0);
      if (all < before) return { file, source, line, what, failing: all };
    }
    writeFileSync(file, source);
  }
  return undefined;
}

/** Repairs one thing after the other. Returns what was changed. */
function repairAll(testFiles) {
  const repairs = [];
  const budget = { tries: 0, until: Date.now() + maxMilliseconds };
  for (;;) {
    const failing = testFiles.map(measure).filter(({ score }) => score > 0);
    if (failing.length === 0) return repairs;
    say(describe(failing));
    const repair = findRepair(testFiles, failing, budget);
    if (!repair) return repairs;
    const told = `${repair.file}:${repair.line}: ${repair.what}`;
    tool("edit", told, "ok");
    say(`This helps: ${told} (${repair.failing} still failing; changes tried: ${budget.tries}).`);
    repairs.push({ ...repair, told });
  }
}

async function main() {
  const prompt = readFileSync(0, "utf8");
  if (await playTeam(prompt)) return;
  const command = commandIn(prompt);
  say(
    "I am a scripted agent, not a language model: I can only repair failing JavaScript tests by trying small changes.",
  );
  const asked = readsOnly(prompt);
  if (asked)
    return finish(
      false,
      `I am a script, not a model, and cannot ${asked}: all I do is repair failing JavaScript tests.`,
    );
  const { SCRIPTED_AGENT_TRIES_ADDRESS: address, http_proxy: proxy } = process.env;
  if (address && !isAnswered(prompt)) say(await tryAddress(address, proxy));
  const answer = askFirst(prompt);
  if (answer === undefined) return finish(true, "I have asked, and go on when there is an answer.");
  const first = check(command);
  if (first.exitCode === 0) return finish(true, `\`${command}\` passes already; there is nothing that I could repair.`);

  const repairs = repairAll(trackedFiles().filter(isTest));
  const last = repairs.length > 0 ? check(command) : first;
  if (last.exitCode !== 0) {
    // Half a repair is none: the folder is left as it was.
    for (const { file, source } of repairs.reverse()) writeFileSync(file, source);
    return finish(
      false,
      `I found no small change that makes \`${command}\` pass. It ends with:\n${lastLines(last.output)}`,
    );
  }
  const summary = repairs.map(({ told }) => `- ${told}`).join("\n");
  const files = [...new Set(repairs.map(({ file }) => file))];
  const problem = commit(
    files,
    `Repair ${files.join(", ")}\n\nFound by trying small changes until \`${command}\` passed:\n${summary}`,
  );
  if (problem) return finish(false, `The repair works, but it could not be committed: ${problem}`);
  return finish(true, `\`${command}\` passes now. I changed:\n${summary}`);
}

await main();
