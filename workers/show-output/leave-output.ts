/** Hands over the end of what a run printed before its folder goes. Best effort: no run ends otherwise for it. */
import { KEPT_BYTES, type KeptOutput, keepOutput, packOutput } from "../../src/task/kept-output.ts";
import { MAX_PIECE } from "../../src/task/output.ts";
import { type Bytes, pieceOf } from "../../src/task/output-piece.ts";
import type { Run, Shared } from "../run/run.ts";
import { bytesOf, openTranscript, stepsOf } from "./transcripts.ts";

/** Never throws. */
export async function leaveOutput(
  { redis }: Pick<Shared, "redis">,
  { folder, log }: Pick<Run, "folder" | "log">,
): Promise<void> {
  try {
    const steps = await lastOf(folder);
    if (steps.every(({ text }) => text === "")) return;
    const { taskId: task, epoch } = folder.record;
    await keepOutput(redis, { task, epoch }, await packOutput({ steps }), Date.now());
  } catch (error) {
    log.warn({ err: error }, "what the run printed is not handed over");
  }
}

/** The latest steps have as much as there is room for. */
async function lastOf(folder: Run["folder"]): Promise<KeptOutput["steps"]> {
  const kept: KeptOutput["steps"] = [];
  let room = KEPT_BYTES;
  for (const { name } of stepsOf(folder).reverse()) {
    const file = await openTranscript(folder.dir, name);
    if (!file) continue;
    try {
      const { text, size } = await endOf(await bytesOf(file), room);
      room -= Buffer.byteLength(text);
      kept.unshift({ name, size, text });
    } finally {
      await file.close();
    }
  }
  return kept;
}

async function endOf(source: Bytes, bytes: number): Promise<{ text: string; size: number }> {
  let [text, at] = ["", Math.max(0, source.size - Math.max(0, bytes))];
  for (;;) {
    const piece = await pieceOf(source, { from: at, bytes: MAX_PIECE });
    text += piece.text;
    if (piece.to <= at || piece.text === "") return { text, size: piece.to };
    at = piece.to;
  }
}
