/** Recorded output of real agent programs, read as the host reads it: in pieces of any size, line by line. */
import { readFileSync } from "node:fs";
import type { Evidence } from "../../../workers/agents/adapter.ts";
import { adapterFor } from "../../../workers/agents/adapters.ts";
import { type AgentEvent, droppedLine } from "../../../workers/agents/event.ts";
import type { AgentKind } from "../../../workers/agents/kinds.ts";
import { lineSplitter } from "../../../workers/agents/lines.ts";

const folder = new URL("../../fixtures/agent-streams/", import.meta.url);

/** The raw recording, e.g. `claude/success`. */
export function recording(name: string): Buffer {
  return readFileSync(new URL(`${name}.jsonl`, folder));
}

/** All events of one program's output. 1,021 bytes a piece: a prime, so that pieces end anywhere in a line. */
export function eventsOf(kind: AgentKind, output: Uint8Array, exitCode: number): AgentEvent[] {
  const parser = adapterFor(kind).parser();
  const splitter = lineSplitter();
  const lines = [];
  for (let at = 0; at < output.length; at += 1_021) lines.push(...splitter.push(output.subarray(at, at + 1_021)));
  lines.push(...splitter.end());
  const events = lines.flatMap((line) => ("text" in line ? parser.line(line.text) : [droppedLine(line.droppedBytes)]));
  return [...events, ...parser.end(exitCode)];
}

/** What the adapter is asked to judge. */
export function evidenceOf(events: readonly AgentEvent[], exitCode: number, stderrTail = ""): Evidence {
  return {
    exitCode,
    final: events.findLast((event) => event.type === "final"),
    errors: events.filter((event) => event.type === "error"),
    stderrTail,
  };
}

/** The last lines that the recordings `talk-back` come to, whichever program it was: one call of each tool of Orch's own. */
export const TALKED_BACK = [
  "▸ says: I have found the function.",
  "▸ asks: Which sign adds two numbers in this team?",
  "✘ waits for the answer to q-0",
  "▸ looks for messages",
  "▸ puts its work aside: The function adds.",
  "▸ hands in: Add by the plus sign",
  "Done: it adds now.",
];
