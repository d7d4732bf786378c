/** A schedule comes: what its repository asks for by itself. Nobody is asked for a permission, for only who may write there can change its file. */
import type { Request } from "../intake/request.ts";
import type { SourceOf } from "../task/origin.ts";
import type { Schedule } from "../task/schedules.ts";

/** What tells this time of it from all others. */
export const sourceOfSchedule = (name: string, dueAt: number): SourceOf<"schedule"> => ({
  kind: "schedule",
  name,
  dueAt,
});

/** `now`: what people have written by then counts as written before. */
export function requestOfSchedule(
  { name, instruction, details, agent }: Schedule,
  place: Pick<Request, "installationId" | "repository" | "number" | "on">,
  { dueAt, now }: { dueAt: number; now: number },
): Request {
  return {
    ...place,
    source: sourceOfSchedule(name, dueAt),
    commands: [
      {
        line: 1,
        kind: "task",
        instruction,
        ...(details !== undefined && { details }),
        ...(agent !== undefined && { settings: { agent } }),
      },
    ],
    requestedAt: now,
    receivedAt: now,
    delivery: `schedule ${name}`,
  };
}
