/**
 * What a team costs in tokens beside one agent that does all of it, on the plan and the repository of `npm run demo:team`, with the question, the
 * conflict and the failure that happen there. No model is asked. Prompts, roles, hand-overs and tools are Orch's own; who works looks around, reads
 * each file by a call of its own, writes each by another, checks, commits and hands in: the one agent just as each of the team. That one knows the
 * whole request from a single sentence, makes the same mistake, and looks its work through at the end as the team's reviewer does.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parts, plan as script } from "../demo/team-script.mjs";
import { finishShape } from "../src/task/finish.ts";
import { type NodeSpec, planProposalSchema } from "../src/task/plan-proposal.ts";
import { renderPrompt } from "../workers/agents/prompt.ts";
import { filesShown } from "../workers/agents/prompt-files.ts";
import type { PromptInput } from "../workers/agents/prompt-input.ts";
import { nodeInstructions } from "../workers/agents/prompt-node.ts";
import { plannerInstructions } from "../workers/agents/prompt-team.ts";
import { SHIPPED } from "../workers/roles/shipped.ts";
import { type Conversation, conversation, offeredTools } from "./conversation.ts";

const REPOSITORY = fileURLToPath(new URL("../demo/team-repository", import.meta.url));
/** What a test runner prints. */
const PASSED = "# tests 4\n# pass 4\n# fail 0\n".repeat(4);
const FAILED = `not ok 1 - an invoice adds it all up\n  error: 900 !== 1390\n${PASSED}`;
const KNOWN = { answer: "From 100.00 on", again: false };

export type Tokens = { team: number; single: number; agents: number; turns: { team: number; single: number } };
type Files = ReadonlyMap<string, string>;

const { goal, nodes } = planProposalSchema.parse(script);

export function tokensOfDemo(): Tokens {
  const base = filesIn(REPOSITORY);
  const single = alone(base);
  const team = [planner(base), ...nodes.map((node) => atNode(node, base))];
  const sum = (of: (talk: Conversation) => number) => team.reduce((all, talk) => all + of(talk), 0);
  return {
    ...{ team: sum((talk) => talk.tokens()), single: single.tokens(), agents: team.length },
    turns: { team: sum((talk) => talk.turns()), single: single.turns() },
  };
}

function alone(base: Files): Conversation {
  const talk = conversation(offeredTools({}));
  talk.told(promptOf({ instruction: goal }));
  look(talk, base);
  for (const path of base.keys()) read(talk, base, path);
  const all = new Map(base);
  for (const { id, check } of nodes) {
    ask(talk, id);
    write(talk, id, all);
    if (id === "invoice") mend(talk, all);
    if (madeBy(id).size > 0) run(talk, check, PASSED);
    else for (const path of pathsIn(id)) read(talk, all, path);
  }
  handIn(talk, "discounts");
  return talk;
}

function planner(base: Files): Conversation {
  const talk = conversation(offeredTools({ team: true }, { team: { stage: "planning" } }));
  const roles = SHIPPED.map(({ name, prompt }) => ({ name, does: prompt.split(". ")[0] ?? "" }));
  talk.told(
    promptOf({ instruction: goal, plan: plannerInstructions({ roles, nodes: 12, width: 3 }), ...roleOf("planner") }),
  );
  look(talk, base);
  for (const path of base.keys()) read(talk, base, path);
  talk.call(
    "plan",
    script,
    `Taken: ${nodes.length} nodes. A person decides about it. Hand in another plan, or end your turn.`,
  );
  talk.says("The plan is handed in.");
  return talk;
}

/** All that its agent is told and does, in however many tries. */
function atNode(node: NodeSpec, base: Files): Conversation {
  const { id, check, reads } = node;
  const talk = conversation(offeredTools({ node: { plan: "t", id } } as Parameters<typeof offeredTools>[0]));
  const files = new Map([...base, ...node.after.flatMap((other) => [...madeBy(other)])]);
  const isReader = node.scope.length === 0;
  talk.told(nodePrompt(node, files));
  look(talk, files);
  // Programs let their model change only what it has read by them, whatever stands in its prompt.
  const needed = reads ? [...files.keys()].filter((path) => madeBy(id).has(path)) : [...files.keys()];
  for (const path of needed) read(talk, files, path);
  ask(talk, id);
  const made = new Map(files);
  write(talk, id, made);
  if (!isReader) run(talk, check, PASSED);
  handIn(talk, id, isReader);
  if (id === "shipping") conflict(talk, made);
  if (id === "invoice") tryAgain(talk, node, made);
  return talk;
}

/** Another one was merged before it. */
function conflict(talk: Conversation, files: Files): void {
  const inTheWay = `Others of your team were merged meanwhile, and your work conflicts with theirs in \`src/index.js\`. Run \`git merge ${"a".repeat(40)}\` (the commit is in your repository), resolve each conflict so that both sides still do what they are for, and commit the merge. Do not take their changes back.`;
  talk.told(promptOf({ instruction: nodes[1]?.instruction ?? "", handBack: { round: 1, inTheWay: [inTheWay] } }));
  run(talk, `git merge ${"a".repeat(40)}`, "CONFLICT (content): Merge conflict in src/index.js");
  read(talk, files, "src/index.js");
  talk.call("Write", { file_path: "src/index.js", content: files.get("src/index.js") }, "Written.");
  run(talk, "node --test && git commit --all --no-edit", PASSED);
  talk.says("Merged what others have done.");
}

/** Its work comes back with what the check said, which does not help; then the next try goes on in the same session. */
function tryAgain(talk: Conversation, node: NodeSpec, files: Map<string, string>): void {
  const failed = { round: 1, command: "node --test", exitCode: 1, outputTail: FAILED };
  talk.told(promptOf({ instruction: node.instruction, handBack: failed }));
  talk.says("I know no other way.");
  talk.told(nodePrompt(node, files, "The check failed: an invoice adds it all up"));
  mend(talk, files);
  run(talk, node.check, PASSED);
  handIn(talk, node.id);
}

function mend(talk: Conversation, files: Files): void {
  run(talk, "node --test", FAILED);
  talk.call("Write", { file_path: "src/invoice.js", content: files.get("src/invoice.js") }, "Written.");
}

const look = (talk: Conversation, files: Files): void => run(talk, "git ls-files", [...files.keys()].join("\n"));
const run = (talk: Conversation, command: string, prints: string): void => talk.call("Bash", { command }, prints);
const read = (talk: Conversation, files: Files, path: string): void =>
  talk.call("Read", { file_path: path }, files.get(path) ?? "");

function write(talk: Conversation, id: string, into: Map<string, string>): void {
  for (const [path, content] of madeBy(id)) {
    talk.call("Write", { file_path: path, content }, "Written.");
    into.set(path, content);
  }
}

function ask(talk: Conversation, id: string): void {
  const asks = parts[id]?.asks;
  if (asks) talk.call("ask", asks, `@maintainer answers: ${KNOWN.answer}`);
}

function handIn(talk: Conversation, id: string, isReader = false): void {
  if (!isReader) run(talk, 'git add --all && git commit -m "Done"', "[orch/1 abcdef0] Done");
  talk.call(
    "finish",
    parts[id]?.finish ?? {},
    "Noted down: title and summary will stand on the pull request. Commit what is left, and end.",
  );
  talk.says("Done.");
}

function nodePrompt(node: NodeSpec, files: Files, again?: string): string {
  const others = nodes.filter(({ id }) => id !== node.id).map((other) => ({ ...other, state: "waiting" }));
  const shown = node.reads && filesShown(node.reads.map((path) => ({ path, text: files.get(path) })));
  const predecessors = node.after.map((id) => ({
    title: nodes.find((each) => each.id === id)?.title ?? "",
    sha: "a".repeat(40),
    finish: finishShape.parse({ decisions: [], interfaces: [], followUps: [], ...parts[id]?.finish }),
  }));
  return promptOf({
    instruction: node.instruction,
    plan: nodeInstructions({ goal, node, others, again, budget: node.budget }),
    ...(predecessors.length > 0 && { predecessors }),
    ...(shown !== undefined && { besides: shown }),
    ...(node.scope.length === 0 && { readOnly: true }),
    ...roleOf(node.role),
  });
}

const roleOf = (name: string): Pick<PromptInput, "role"> => ({
  role: SHIPPED.find((each) => each.name === name)?.prompt ?? "",
});

/** What a node's agent writes, by path. */
function madeBy(id: string): Files {
  const { files = {}, lines = {} } = parts[id] ?? {};
  const texts = Object.entries(files).map(([path, text]): [string, string] => [
    path,
    typeof text === "function" ? text(KNOWN) : text,
  ]);
  return new Map([...texts, ...Object.entries(lines)]);
}

/** What a reviewer is to read. */
const pathsIn = (id: string): string[] => nodes.find((node) => node.id === id)?.instruction.match(/[\w/]+\.js/g) ?? [];

function filesIn(dir: string): Files {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(dir, name)).isFile(),
  );
  return new Map(names.map((name) => [name, readFileSync(join(dir, name), "utf8")]));
}

const promptOf = (changes: Partial<PromptInput> & Pick<PromptInput, "instruction">): string =>
  renderPrompt({
    ...{ repository: "octo-org/shop", kind: "issue", number: 1, title: goal, body: "", comments: [] },
    ...{ branch: "orch/1", baseBranch: "main", verify: "node --test", egress: "listed", talks: true },
    ...changes,
  });
