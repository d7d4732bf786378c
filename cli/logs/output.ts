/**
 * What the programs of a task print, as the pane of its session shows it: all of a run, step after step, and with `-f` on from there until the
 * task is over. Where Redis was away, it goes on at the place where it was.
 */
import { styleText } from "node:util";
import { followOutput } from "../../dashboard/output/follow-output.ts";
import type { Output } from "../../dashboard/output/output.ts";
import { MAX_PIECE, type Position } from "../../src/task/output.ts";
import type { Task } from "../../src/task/task.ts";
import { withoutStyles } from "../../src/text/terminal-text.ts";

export type Wanted = { task: Task; run: number | undefined };

/** `silent`: the host of the run does not answer. */
export type Shown = "shown" | "none" | "silent";

/** All that there is by now, and up to where that goes. */
export async function showOutput({ read }: Pick<Output, "read">, { task, run = task.epoch }: Wanted) {
  const print = makePrinter();
  let at: Position | undefined;
  const first = run > 0 ? await read(task, { run, bytes: 1 }) : "none";
  if (typeof first === "string") return { shown: first satisfies Shown, at, print };
  for (const { name } of first.steps) {
    at = { run, step: name, offset: 0 };
    for (;;) {
      const found = await read(task, { run, step: name, from: at.offset, bytes: MAX_PIECE });
      if (typeof found === "string" || found.to <= at.offset) break;
      print.text({ run, ...found });
      at = { ...at, offset: found.to };
    }
  }
  return { shown: "shown" as const, at, print };
}

/** From the first word on, until the task is over or `signal`. False when there was nothing. */
export async function followAll(output: Output, { task, run }: Wanted, signal: AbortSignal): Promise<boolean> {
  const { shown, at, print } = await showOutput(output, { task, run });
  for await (const news of followOutput(output, { task, run, position: at, signal })) {
    if (news.kind === "text") print.text(news.printed);
    else if (news.kind === "gap" && shown === "shown")
      print.aside("Here is something left out, or another run begins.");
    else if (news.kind === "silent") print.aside("The worker host of this run does not answer: waiting for it.");
  }
  print.end();
  return print.hasPrinted();
}

/** Colours as everywhere in `orch`: for a person at a terminal, unless NO_COLOR or FORCE_COLOR says otherwise. A program that reads it gets the words. */
function makePrinter(isColoured = styleText("bold", "x") !== "x") {
  let last = "";
  let said = "";
  let hasPrinted = false;
  return {
    text({ run, step, text }: { run: number; step: string; text: string }): void {
      said = "";
      if (text === "") return;
      const name = `${run} ${step}`;
      if (name !== last) process.stdout.write(`${last === "" ? "" : "\n"}--- run ${run}, ${step} ---\n`);
      last = name;
      hasPrinted = true;
      process.stdout.write(isColoured ? text : withoutStyles(text));
    },
    /** The same only once, until something is printed. */
    aside(line: string): void {
      if (line === said) return;
      said = line;
      process.stderr.write(`${line}\n`);
    },
    /** What was cut in the middle of a colour must not colour what the terminal shows next. */
    end: () => void (isColoured && hasPrinted && process.stdout.write("\u001b[0m")),
    hasPrinted: () => hasPrinted,
  };
}
