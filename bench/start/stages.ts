/**
 * Where the time between a comment and its agent goes, read off what is there anyway: the task's event stream and the
 * times of files. Those of files are as coarse as the kernel's clock for them, 1 to 4 ms.
 */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { System } from "../system/system.ts";

export const STAGES = [
  "webhook → task (signature, inbox, permission, issue)",
  "task → claimed (job)",
  "claimed → checkout begins (folders)",
  "checkout; token, context, session and sandbox meanwhile",
  "what took longer than the checkout; prompt",
  "phase recorded, agent let go",
] as const;
export type Stage = (typeof STAGES)[number];

/** Times in Unix ms. */
export async function readStages(
  { store, dataDir }: System,
  taskId: string,
  { sentAt, agentAt }: { sentAt: number; agentAt: number },
): Promise<Record<Stage, number>> {
  const events = await store.events(taskId);
  const eventAt = (what: string) => events.find((event) => event.what === what)?.at ?? Number.NaN;
  const host = join(dataDir, "host");
  const marks = [
    sentAt,
    eventAt("queued"),
    eventAt("claimed"),
    (await stat(join(host, "workspaces", taskId, "tree", ".git"))).birthtimeMs,
    (await stat(join(host, "workspaces", `${taskId}.json`))).mtimeMs,
    eventAt("phase"),
    agentAt,
  ];
  const lengths = STAGES.map((stage, index) => [stage, (marks[index + 1] ?? 0) - (marks[index] ?? 0)] as const);
  return Object.fromEntries(lengths) as Record<Stage, number>;
}
