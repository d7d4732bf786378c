/**
 * What a turn of the agent is started with: the task's prompt in the first one; later what the turn is about, in the session that the
 * agent has, and with everything once more where it has none.
 */
import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { StepSpec } from "../../tmux/sessions.ts";
import { AFTER_LIMIT } from "../go-on-prompts.ts";
import { type Ground, promptPath } from "../ground.ts";
import { saidInTurn } from "../messages.ts";
import { type Asked, askedPrompt } from "../prompts.ts";
import type { Run, Shared } from "../run.ts";
import type { StepName } from "./step-name.ts";
import { agentSpec, stepDir } from "./step-spec.ts";

export function turnSpec(shared: Shared, run: Run, ground: Ground, name: StepName, asked?: Asked): StepSpec {
  const { goesOn } = run.folder.record;
  const text = textOfTurn(run, ground, name, asked);
  const said = saidInTurn(run, name);
  if (text === undefined) {
    addOnce(promptPath(run), said);
    return agentSpec(shared, run, ground, { name, promptFile: promptPath(run) });
  }
  const resume = goesOn === name ? ground.resumed?.sessionId : run.spoken.progress().sessionId;
  const promptFile = join(stepDir(run, name), "prompt.md");
  const before = knowsTask(resume, asked) ? [] : [readFileSync(promptPath(run), "utf8")];
  writeFileSync(promptFile, [...before, text, ...(said === "" ? [] : [said])].join("\n"), { mode: 0o600 });
  return agentSpec(shared, run, ground, { name, promptFile, resume });
}

/** A turn that a limit cut off is done once more: what it was asked may not have reached the agent's session. */
function textOfTurn(run: Run, ground: Ground, name: StepName, asked?: Asked): string | undefined {
  const { goesOn, goOnText = AFTER_LIMIT } = run.folder.record;
  const first = asked && askedPrompt(run, ground.prepared, asked);
  if (goesOn !== name) return first;
  return first === undefined || first === goOnText ? goOnText : `${first}\n${goOnText}`;
}

function addOnce(file: string, said: string): void {
  if (said !== "" && !readFileSync(file, "utf8").includes(said)) appendFileSync(file, `\n${said}`);
}

/** Without a session it has to be told everything again. Of work that is handed back everything is said in any case. */
const knowsTask = (session: string | undefined, asked: Asked | undefined): boolean =>
  session !== undefined || (asked !== undefined && !("prompt" in asked));
