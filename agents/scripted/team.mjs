/**
 * A whole team in one program, for whoever wants to see how one goes: SCRIPTED_AGENT_TEAM names a script (an ES module) with the plan that the
 * planner hands in and with what each node's agent does. No model decides anything.
 *
 * plan    as the tool `plan` takes it
 * parts   by the node's id: `asks` a question first (`question`, `options`); writes `files` (path -> text, or a function of the answer and of
 *         whether it was tried before); adds `lines` (path -> line) to the end of files; says `finish` (`title`, `summary`, `decisions` …)
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { answerIn } from "./ask-first.mjs";
import { finish, say, tool } from "./events.mjs";
import { commitAll, mergeBoth } from "./git.mjs";

/** It does not wait long within its turn: who has asked may end it. */
const maxWaitMilliseconds = 2_000;
/** What it was there for: a turn that hands its work back does not say so again. */
const memory = join(process.env.HOME ?? ".", ".scripted-part");

/** Whether there was something to play. */
export async function playTeam(prompt) {
  const script = process.env.SCRIPTED_AGENT_TEAM;
  if (!script) return false;
  const { plan, parts } = await import(pathToFileURL(script).href);
  if (prompt.includes("# Plan for a team")) handIn(plan);
  else if (prompt.includes("# You manage a team")) finish(true, "I am a scripted manager: I leave the plan as it is.");
  else await work(parts, prompt);
  return true;
}

function handIn(plan) {
  say(
    `I am a scripted planner, not a language model: I hand in the plan that was written for me (${plan.nodes.length} nodes).`,
  );
  const said = call(["call", "plan", "-"], JSON.stringify(plan));
  tool("plan", said.split("\n")[0] ?? "", said.startsWith("Taken") ? "ok" : "failed");
  finish(said.startsWith("Taken"), said);
}

async function work(parts, prompt) {
  const given = /^Your part is `([a-z0-9-]+)`/m.exec(prompt)?.[1];
  if (given) writeFileSync(memory, given);
  const id = given ?? (existsSync(memory) ? readFileSync(memory, "utf8") : "");
  const part = parts[id];
  if (!part) return finish(false, "I am a scripted agent, and nobody has written down what I do here.");
  const other = /run `git merge ([0-9a-f]{7,64})`/i.exec(prompt)?.[1];
  if (other) return settleConflict(id, other);
  if (prompt.includes("# Your work does not pass yet"))
    return finish(true, `I am the scripted agent of ${id}: I know no other way than the one that was written for me.`);
  say(`I am the scripted agent of ${id}, not a language model.`);
  const answer = part.asks ? ask(part.asks, prompt) : "";
  if (answer === undefined) return finish(true, "I have asked, and go on when there is an answer.");
  doPart(part, { answer, again: prompt.includes("It was tried before") });
}

function doPart(part, known) {
  for (const [path, text] of Object.entries(part.files ?? {})) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof text === "function" ? text(known) : text);
    tool("edit", path, "ok");
  }
  for (const [path, line] of Object.entries(part.lines ?? {})) {
    appendFileSync(path, `${line}\n`);
    tool("edit", path, "ok");
  }
  const { title, summary, decisions = [], interfaces = [] } = part.finish;
  const problem = part.files ? commitAll(title) : undefined;
  if (problem) return finish(false, `It could not be committed: ${problem}`);
  const lists = [
    ...decisions.flatMap((each) => ["--decision", each]),
    ...interfaces.flatMap((each) => ["--interface", each]),
  ];
  call(["finish", "--title", title, "--summary", summary, ...lists]);
  finish(true, `${title}\n\n${summary}`);
}

/** Both sides only add lines: each of them is kept. */
function settleConflict(id, other) {
  say(`${id}: somebody else was merged before me, so I merge ${other.slice(0, 10)} and keep both sides.`);
  const problem = mergeBoth(other);
  finish(problem === undefined, problem ?? `Merged what others have done into ${id}.`);
}

/** Undefined when nobody has answered yet. */
function ask({ question, options }, prompt) {
  const known = answerIn(prompt);
  if (known !== undefined) {
    say(`I was answered: ${known}`);
    return known;
  }
  say(`I ask: ${question}`);
  const asked = JSON.stringify({ question, options, to: "person" });
  return answerIn(call(["call", "ask", "-"], asked, maxWaitMilliseconds));
}

function call(words, input, timeout = 30_000) {
  const { stdout, stderr } = spawnSync("orch-agent", words, { encoding: "utf8", timeout, input });
  return `${stdout ?? ""}${stderr ?? ""}`.trim();
}
