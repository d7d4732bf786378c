/**
 * What a team costs in tokens beside one agent that does all of it, on the plan and the repository of `npm run demo:team`. No model is asked: the
 * prompts are Orch's own, what is read and written are the demo's files, and an agent's program sends the whole conversation with each turn.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parts, plan } from "../demo/team-script.mjs";
import { planProposalSchema } from "../src/task/plan-proposal.ts";
import { renderPrompt } from "../workers/agents/prompt.ts";
import type { PromptInput } from "../workers/agents/prompt-input.ts";
import { nodeInstructions } from "../workers/agents/prompt-node.ts";
import { plannerInstructions } from "../workers/agents/prompt-team.ts";
import { SHIPPED } from "../workers/roles/shipped.ts";

const REPOSITORY = fileURLToPath(new URL("../demo/team-repository", import.meta.url));
/** A usual measure of English and of code. */
const CHARACTERS_PER_TOKEN = 4;
/** What a test runner prints of a part. */
const CHECKED = "# tests 4\n# pass 4\n# fail 0\n".repeat(4);
/** What an agent's program tells its model of itself and its tools, in characters: less than any of those that Orch drives. */
const SYSTEM = 8_000;

export type Tokens = { team: number; single: number; agents: number };

export function tokensOfDemo(): Tokens {
  const { goal, nodes } = planProposalSchema.parse(plan);
  const read = filesIn(REPOSITORY);
  const written = Object.fromEntries(nodes.map(({ id }) => [id, writtenBy(id)]));
  const single = used(promptOf({ instruction: goal }), [
    ...read,
    ...nodes.flatMap(({ id }) => work(written[id] ?? [])),
  ]);
  const roles = SHIPPED.map(({ name, prompt }) => ({ name, does: prompt.split(". ")[0] ?? "" }));
  const planner = used(promptOf({ instruction: goal, plan: plannerInstructions({ roles, nodes: 12, width: 3 }) }), [
    ...read,
    JSON.stringify(plan),
  ]);
  const each = nodes.map((node) => {
    const others = nodes.filter(({ id }) => id !== node.id).map((other) => ({ ...other, state: "waiting" }));
    const prompt = promptOf({
      instruction: node.instruction,
      besides: nodeInstructions({ goal, node, others }),
      role: SHIPPED.find(({ name }) => name === node.role)?.prompt ?? "",
    });
    const before = node.after.flatMap((id) => written[id] ?? []);
    return used(prompt, [...read, ...before, ...work(written[node.id] ?? [])]);
  });
  return { team: planner + each.reduce((sum, tokens) => sum + tokens, 0), single, agents: 1 + nodes.length };
}

/** Of one agent: a turn for each step, and each sends all before it. */
function used(prompt: string, steps: readonly string[]): number {
  let [context, sum] = [SYSTEM + prompt.length, 0];
  for (const step of [...steps, ""]) {
    sum += context;
    context += step.length;
  }
  return Math.round((sum + steps.join("").length) / CHARACTERS_PER_TOKEN);
}

/** What it writes, file by file, and what the check says. */
const work = (files: readonly string[]): string[] => [...files, CHECKED];

function writtenBy(id: string): string[] {
  const { files = {}, lines = {} } = parts[id] ?? {};
  return [...Object.values(files), ...Object.values(lines)];
}

function filesIn(dir: string): string[] {
  const names = readdirSync(dir, { recursive: true, encoding: "utf8" }).map((name) => join(dir, name));
  return names.filter((path) => statSync(path).isFile()).map((path) => readFileSync(path, "utf8"));
}

const promptOf = (changes: Partial<PromptInput> & Pick<PromptInput, "instruction">): string =>
  renderPrompt({
    ...{ repository: "octo-org/shop", kind: "issue", number: 1, title: plan.goal, body: "", comments: [] },
    ...{ branch: "orch/1", baseBranch: "main", verify: "node --test", egress: "listed", talks: true },
    ...changes,
  });
