/** Brings what an agent says by itself into the task's record. */
import type { Progress } from "../../src/task/progress.ts";
import { Refused, type TalkRun } from "./tool.ts";

/** @throws {Refused} when Redis is away: nobody waits for it with the agent */
export async function passOn({ shared, run }: TalkRun, progress: Pick<Progress, "said" | "finish">): Promise<void> {
  const news = { name: "progress" as const, progress, epoch: run.folder.record.epoch, at: Date.now() };
  try {
    await shared.store.advance(run.task.spec.id, news);
  } catch (error) {
    run.log.warn({ err: error }, "what the agent said could not be recorded");
    throw new Refused("This could not be passed on right now. Go on with your work, and say it again later.");
  }
}
