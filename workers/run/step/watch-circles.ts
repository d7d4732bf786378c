/**
 * What a step makes of an agent that goes round in circles (`workers/agents/repetition.ts`): at first that is told among what
 * the agent says and does; when it goes on so, the agent is to be stopped.
 */
import type { AgentEvent } from "../../agents/event.ts";
import { STALLED_AT, TOLD_AT, watchRepetition } from "../../agents/repetition.ts";
import type { Interruption } from "../interruption.ts";

export type Stalled = Extract<Interruption, { kind: "stalled" }>;

export type CircleWatch = {
  hear(event: AgentEvent): void;
  /** All that there was to read has been heard: who is in a circle now has not come out of it by itself. */
  judge(): void;
  stalled: Promise<Stalled>;
};

/** `tell`: passes on what is said of the agent, among its own events. */
export function watchCircles(tell: (event: AgentEvent) => void): CircleWatch {
  const timesSame = watchRepetition();
  const { promise: stalled, resolve } = Promise.withResolvers<Stalled>();
  let circle: Stalled | undefined;
  return {
    stalled,
    hear(event) {
      if (event.type !== "tool") return;
      const times = timesSame(event);
      if (times === 0) return;
      const call = `${event.name} ${event.summary}`.trimEnd();
      if (times === TOLD_AT)
        tell({ type: "log", text: `[the same call ${times} times, each time with the same result: ${call}]` });
      circle = times >= STALLED_AT ? { kind: "stalled", call, times } : undefined;
    },
    judge() {
      if (circle) resolve(circle);
    },
  };
}
