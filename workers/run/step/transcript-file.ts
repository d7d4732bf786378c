/**
 * The readable form of a step, which its pane shows. It is rendered from the events, and the events are read again from
 * the start after a restart: what the file has already is then skipped, so that a viewer sees nothing twice.
 */
import { createWriteStream, existsSync, statSync } from "node:fs";
import { finished } from "node:stream/promises";
import type { AgentEvent } from "../../agents/event.ts";
import { transcriptRenderer } from "../../agents/transcript.ts";

/** Beyond this a viewer scrolls no more; the events keep everything. */
const MAX_BYTES = 20 * 1024 * 1024;

export function openTranscript(path: string): { write(event: AgentEvent): void; close(): Promise<void> } {
  let skip = existsSync(path) ? statSync(path).size : 0;
  let written = 0;
  const stream = createWriteStream(path, { flags: "a", mode: 0o600 });
  const done = finished(stream).catch(() => undefined); // a full disk ends the view, never the run
  const render = transcriptRenderer();
  return {
    write(event) {
      const text = Buffer.from(render(event));
      const from = Math.min(skip, text.length);
      skip -= from;
      written += text.length;
      if (from < text.length && written <= MAX_BYTES && !stream.errored) stream.write(text.subarray(from));
    },
    async close() {
      stream.end();
      await done;
    },
  };
}
