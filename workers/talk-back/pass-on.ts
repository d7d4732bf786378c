/** Brings what an agent says by itself into the task's record. */
import type { Finish } from "../../src/task/finish.ts";
import { Refused, type TalkRun } from "./tool.ts";

/**
 * What it is at; says whether anything waits to be said to it. @throws {Refused} when Redis is away: nobody waits for it with the agent
 */
export const passOnSaid = (talk: TalkRun, text: string): Promise<{ nothingWaits: boolean }> =>
  passOn(talk, ({ shared, run }) =>
    shared.store.say(run.task.spec.id, { epoch: run.folder.record.epoch, text }, Date.now()),
  );

/** What it says of its finished work. @throws {Refused} as above */
export const passOnFinish = (talk: TalkRun, finish: Finish) =>
  passOn(talk, ({ shared, run }) => {
    const { epoch } = run.folder.record;
    return shared.store.advance(run.task.spec.id, { name: "progress", progress: { finish }, epoch, at: Date.now() });
  });

async function passOn<T>(talk: TalkRun, write: (talk: TalkRun) => Promise<T>): Promise<T> {
  try {
    return await write(talk);
  } catch (error) {
    talk.run.log.warn({ err: error }, "what the agent said could not be recorded");
    throw new Refused("This could not be passed on right now. Go on with your work, and say it again later.");
  }
}
