/**
 * What a run has to show, folded from the events of all its steps: the last lines, the tokens, the cost. Bounded: it
 * goes into the task record and from there into the progress comment.
 */
import type { Progress } from "../../../src/task/progress.ts";
import { cut, keepEnd, keepStart } from "../../../src/text/bound.ts";
import { visibleText } from "../../../src/text/clean.ts";
import type { AgentEvent } from "../../agents/event.ts";
import { type UsageTotals, usageMeter } from "../../agents/usage.ts";
import type { Resumed } from "../run-record.ts";

const MAX_LINES = 15;
const MAX_CHARACTERS = 4_000;
const MAX_SUMMARY = 4_000;
const MAX_FRAME = 300;
const MAX_VERSION = 60;

export type Spoken = {
  hear(event: AgentEvent): void;
  /** The line that the program is drawing over and over, as a progress bar is. It stands last until something is said. */
  draw(line: string): void;
  progress(): Progress;
  lastLines(): string;
  /** What the agent said of its work at the end of its last step that ended well. */
  summary(): string | undefined;
  /** A step begins: its program counts its usage from zero. */
  begin(): void;
  /** The agent goes on with a session of an earlier task, which is not to be counted again. */
  resume(session: Resumed): void;
  /** What the run has used so far, as far as its agent tells. */
  usage(): { totals: UsageTotals; told: { any: boolean; cost: boolean } };
  /** All that a session has used, in earlier tasks too; undefined while that is not known. */
  usedBy(sessionId: string): UsageTotals | undefined;
};

export function makeSpoken(): Spoken {
  const usage = usageMeter();
  let lines: string[] = [];
  let frame = "";
  let sessionId: string | undefined;
  let model: string | undefined;
  let agentVersion: string | undefined;
  let summary: string | undefined;
  /** What it has said since it last did something. */
  let sinceTool = "";

  const say = (text: string) => {
    lines = [...lines, ...text.trimEnd().split("\n")].slice(-MAX_LINES);
  };
  /** A call that failed is marked where it was told to begin. */
  const sayTool = ({ name, summary, status }: Extract<AgentEvent, { type: "tool" }>) => {
    if (status === "ok") return;
    const call = `${name} ${summary}`.trimEnd();
    const begun = status === "failed" ? lines.lastIndexOf(`▸ ${call}`) : -1;
    if (begun >= 0) lines = lines.with(begun, `✘ ${call}`);
    else say(`${status === "failed" ? "✘" : "▸"} ${call}`);
  };
  const listen = (event: AgentEvent) => {
    if (event.type === "text") sinceTool = keepEnd(`${sinceTool}${event.text}\n`, 2 * MAX_SUMMARY);
    else if (event.type === "tool") sinceTool = "";
    else if (event.type === "final" && event.ok) {
      const said = (event.text || sinceTool).trim();
      if (said !== "") summary = keepStart(said, MAX_SUMMARY);
    }
  };
  const lastLines = () => keepEnd([...lines, ...(frame === "" ? [] : [frame])].join("\n"), MAX_CHARACTERS);

  return {
    hear(event) {
      frame = "";
      usage.add(event);
      listen(event);
      if (event.type === "text") say(event.text);
      else if (event.type === "tool") sayTool(event);
      else if (event.type === "error") say(`! ${event.message}`);
      else if (event.type === "retry") say(`… waits and tries again: ${event.reason}`);
      else if (event.type === "final" && event.text && !lastLines().endsWith(event.text.trim())) say(event.text);
      else if (event.type === "session") {
        sessionId = event.sessionId;
        model = event.model ?? model;
        agentVersion = event.version === undefined ? agentVersion : cut(event.version, MAX_VERSION);
      }
    },
    draw(line) {
      frame = keepStart(visibleText(line), MAX_FRAME);
    },
    lastLines,
    summary: () => summary,
    begin() {
      frame = "";
      sinceTool = "";
      usage.begin();
    },
    resume({ sessionId: id, used }) {
      if (used) usage.knows(id, used);
    },
    usage: () => ({ totals: usage.totals(), told: usage.told() }),
    usedBy: (id) => usage.usedBy(id),
    progress() {
      const { inputTokens, outputTokens, costUsd } = usage.totals();
      const told = inputTokens + outputTokens > 0;
      return {
        lastLines: lastLines(),
        summary,
        sessionId,
        model,
        agentVersion,
        inputTokens: told ? inputTokens : undefined,
        outputTokens: told ? outputTokens : undefined,
        // A cost without a token is no cost: nothing was answered yet.
        costUsd: told || (costUsd ?? 0) > 0 ? costUsd : undefined,
      };
    },
  };
}
