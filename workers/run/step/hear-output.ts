/**
 * What a step's program says, from its raw output to whoever listens: it becomes events, in which nobody can read a secret, and a transcript;
 * and, once the program has ended, the adapter's verdict.
 */
import { join } from "node:path";
import type { StopCause } from "../../../src/task/outcome.ts";
import { cutStart } from "../../../src/text/bound.ts";
import { withoutSecrets } from "../../../src/text/known-secrets.ts";
import { redact } from "../../../src/text/secret-patterns.ts";
import type { Adapter, Verdict } from "../../agents/adapter.ts";
import { type AgentEvent, droppedLine, type ErrorEvent, type FinalEvent } from "../../agents/event.ts";
import { lineSplitter } from "../../agents/lines.ts";
import { secretBlanker } from "../../agents/secrets.ts";
import { watchTrouble } from "./known-cause.ts";
import { readTail } from "./tail-text.ts";
import { openTranscript } from "./transcript-file.ts";
import { type Stalled, watchCircles } from "./watch-circles.ts";

export type HearOptions = {
  /** The step's folder, with its output files. */
  dir: string;
  /** Path of the file that people may read. */
  transcript: string;
  adapter: Adapter;
  /** What nobody may read in the output, in every form that it may be printed in. */
  secrets: readonly string[];
  /** Called with each event, in order, the whole output again after a restart. */
  onEvent(event: AgentEvent): void;
  /** Called with the line that the program is drawing over and over, as a progress bar is. */
  onDrawing?(line: string): void;
};

export type HeardOutput = {
  /** Resolves when the program goes round in circles and does not come out of it. */
  stalled: Promise<Stalled>;
  /** Takes the next part of the standard output. */
  chunk(chunk: Uint8Array): void;
  /** Of a program that has ended by itself. */
  end(exitCode: number): Promise<{ verdict: Verdict; outputTail: string }>;
  /** Of a program that was stopped: the trouble that it was in. */
  cause(): Promise<StopCause | undefined>;
  close(): Promise<void>;
};

/** Of a program that a signal ended. */
const STOPPED = 143;
const TAIL_BYTES = 8_000;

export function hearOutput(options: HearOptions): HeardOutput {
  const { adapter, secrets, onEvent, onDrawing } = options;
  const parser = adapter.parser();
  const splitter = lineSplitter();
  const transcript = openTranscript(options.transcript);
  const blank = secretBlanker(secrets);
  const errors: ErrorEvent[] = [];
  const trouble = watchTrouble();
  let final: FinalEvent | undefined;

  const tell = (event: AgentEvent) => {
    transcript.write(event);
    onEvent(event);
  };
  const circles = watchCircles(tell);
  const hear = (events: readonly AgentEvent[]) => {
    for (const told of events) {
      // Once more: a key that stood escaped in the line stands plain in the event. What only looks like a key is blanked
      // here and not in the line, whose form it might break.
      const event = blank(told);
      if (event.type === "final") final = event;
      if (event.type === "error" && errors.push(event) > 20) errors.shift();
      trouble.hear(event);
      tell(event);
      circles.hear(event);
    }
  };
  const lines = (found: ReturnType<typeof splitter.end>) => {
    for (const line of found)
      hear("text" in line ? parser.line(withoutSecrets(line.text, secrets)) : [droppedLine(line.droppedBytes)]);
  };
  const endWith = (exitCode: number) => {
    lines(splitter.end());
    hear(parser.end(exitCode));
  };
  return {
    stalled: circles.stalled,
    chunk(chunk) {
      lines(splitter.push(chunk));
      circles.judge();
      const drawing = onDrawing && splitter.drawing();
      if (drawing !== undefined) onDrawing?.(redact(withoutSecrets(drawing, secrets)));
    },
    async end(exitCode) {
      endWith(exitCode);
      const stderrTail = await tailOf(options, "stderr");
      const verdict = adapter.judge({ exitCode, final, errors, stderrTail });
      const stdoutTail = await tailOf(options, "stdout");
      return { verdict, outputTail: [stdoutTail, stderrTail].filter(Boolean).join("\n") };
    },
    async cause() {
      endWith(STOPPED);
      return trouble.known(await tailOf(options, "stderr"));
    },
    close: () => transcript.close(),
  };
}

/** Read further back than shown: the cut must not go through a secret and leave its end. */
async function tailOf({ dir, secrets }: HearOptions, name: "stdout" | "stderr"): Promise<string> {
  return cutStart(redact(withoutSecrets(await readTail(join(dir, name), 2 * TAIL_BYTES), secrets)), TAIL_BYTES);
}
