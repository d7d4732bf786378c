/** Asks a person before anything is changed, where SCRIPTED_AGENT_ASKS says so: to show how that goes. */
import { spawnSync } from "node:child_process";
import { say } from "./events.mjs";

const QUESTION = "The tests fail, and I can change the code until they pass. May I?";
const OPTIONS = ["Yes, change the code", "No, leave it as it is"];
/** It does not wait long within its turn: who has asked may end it. */
const maxWaitMilliseconds = 2_000;

/** What was answered; undefined when nobody has yet; empty where nothing is to be asked. */
export function askFirst(prompt) {
  if (!process.env.SCRIPTED_AGENT_ASKS) return "";
  const answer = answerIn(prompt);
  if (answer !== undefined) {
    say(`I was answered: ${answer}`);
    return answer;
  }
  say(`I ask: ${QUESTION}`);
  const asked = ["ask", QUESTION, ...OPTIONS.flatMap((option) => ["--option", option])];
  const { stdout } = spawnSync("orch-agent", asked, { encoding: "utf8", timeout: maxWaitMilliseconds });
  return answerIn(stdout ?? "");
}

/** It is no longer its first turn. */
export const isAnswered = (prompt) => answerIn(prompt) !== undefined;

/** Orch quotes it below the question. */
export function answerIn(text) {
  const [, behind] = text.split("Your question q");
  if (behind === undefined) return undefined;
  if (behind.includes("Nobody answered in time")) return "nothing";
  return /^> (.*)$/m.exec(behind)?.[1];
}
