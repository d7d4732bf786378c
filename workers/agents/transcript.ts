/**
 * Events -> what the session's pane shows. The one choke point for text on its way to a terminal: whatever an agent
 * writes, only visible characters pass, and every escape sequence in the result is one of ours.
 */

import { oneLine } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";
import type { AgentEvent, FinalEvent, UsageEvent } from "./event.ts";

const styles = { dim: 2, red: 31, green: 32, yellow: 33, cyan: 36 } as const;

const paint = (style: keyof typeof styles, text: string) => `\x1b[${styles[style]}m${text}\x1b[0m`;

/** Breaks a line at spaces so that it fits `width`; indented lines (code, tables) and long words stay as they are. */
function wrap(line: string, width: number): string {
  if (line.length <= width || /^\s/.test(line)) return line;
  const lines: string[] = [];
  let current = "";
  for (const word of line.split(" ")) {
    if (current !== "" && current.length + 1 + word.length > width) {
      lines.push(current);
      current = word;
    } else current = current === "" ? word : `${current} ${word}`;
  }
  return [...lines, current].join("\n");
}

/** Paragraphs wrapped, fenced code untouched, at most one blank line in a row. */
function flow(text: string, width: number): string {
  let inCode = false;
  const lines = visibleText(text)
    .replaceAll("\t", "  ")
    .trim()
    .split("\n")
    .map((line) => {
      if (/^ {0,3}(?:```|~~~)/.test(line)) inCode = !inCode;
      return inCode ? line : wrap(line.trimEnd(), width);
    });
  return lines.join("\n").replace(/\n{3,}/g, "\n\n");
}

const number = new Intl.NumberFormat("en-US");

/** Tokens and cost in one line. */
export function usageLine({ inputTokens, outputTokens, cachedTokens, costUsd }: UsageEvent): string {
  const cached = cachedTokens ? ` (${number.format(cachedTokens)} from cache)` : "";
  const cost = costUsd === undefined ? "" : ` · $${costUsd.toFixed(4)}`;
  return `${number.format(inputTokens)} tokens read${cached} · ${number.format(outputTokens)} written${cost}`;
}

function finalLine({ ok, reason, text }: FinalEvent, lastText: string, width: number): string {
  const verdict = ok ? paint("green", "✔ finished") : paint("red", `✘ failed${reason ? ` (${reason})` : ""}`);
  return text && text !== lastText ? `\n${verdict}\n${flow(text, width)}\n` : `\n${verdict}\n`;
}

/**
 * The text to append for each event in turn; "" when it says nothing new, ending with a line break otherwise. `width`
 * in columns. Remembers which tool calls it has shown, to give each one line. The same events give the same bytes again.
 */
export function transcriptRenderer(width = 100): (event: AgentEvent) => string {
  const started = new Map<string, number>();
  let lastText = "";
  let previous: AgentEvent["type"] | undefined;

  const tool = ({ name, summary, status }: Extract<AgentEvent, { type: "tool" }>): string => {
    const call = `${name} ${summary}`;
    const running = started.get(call) ?? 0;
    const shown = `${paint("cyan", oneLine(name, 60))} ${oneLine(summary, width)}`.trimEnd();
    if (status === "started") started.set(call, running + 1);
    else if (running > 0) {
      if (running === 1) started.delete(call);
      else started.set(call, running - 1);
      return status === "failed" ? `  ${paint("red", "✘")} ${shown}\n` : "";
    }
    return `  ${status === "failed" ? paint("red", "✘") : paint("dim", "▸")} ${shown}\n`;
  };

  const render = (event: AgentEvent): string => {
    switch (event.type) {
      case "session": {
        const model = event.model ? ` · ${event.model}` : "";
        return `${paint("dim", oneLine(`session ${event.sessionId}${model}`, width))}\n`;
      }
      case "text":
        lastText = event.text;
        // A command that talks line by line gets no blank line between its lines.
        return `${previous === "text" ? "" : "\n"}${flow(event.text, width)}\n`;
      case "tool":
        return tool(event);
      case "usage":
        if (event.scope === "step" || event.inputTokens + event.outputTokens === 0) return "";
        return `${paint("dim", usageLine(event))}\n`;
      case "retry": {
        const wait = event.delayMs === undefined ? "" : `, again in ${Math.ceil(event.delayMs / 1000)} s`;
        return `  ${paint("yellow", "↻")} ${oneLine(event.reason, width)}${wait}\n`;
      }
      case "error":
        return `${paint("red", `✘ ${event.reason}`)} ${flow(event.message, width)}\n`;
      case "final":
        return finalLine(event, lastText, width);
      case "log":
        return `${flow(event.text, width)
          .split("\n")
          .map((line) => paint("dim", line))
          .join("\n")}\n`;
    }
  };

  return (event) => {
    const shown = render(event);
    previous = event.type;
    return shown;
  };
}
