/** Another program asks, with a token that stands for a person: whatever that person may, it may, in the token's repositories. */
import type { Command } from "../command/command.ts";
import type { Request } from "../intake/request.ts";
import type { SourceOf } from "../task/origin.ts";
import type { Actor } from "../task/task-spec.ts";

export type ProgramAsks = {
  client: string;
  /** Its own name for what it asks, or what it is made of. */
  key: string;
  /** For whom. */
  actor: Actor;
  command: Command;
  /** Unix ms. */
  now: number;
};

export const sourceOfProgram = (client: string, key: string): SourceOf<"api"> => ({ kind: "api", client, key });

export function requestOfProgram(
  place: Pick<Request, "installationId" | "repository" | "number" | "on">,
  { client, key, actor, command, now }: ProgramAsks,
): Request {
  return {
    ...place,
    source: sourceOfProgram(client, key),
    actor,
    commands: [command],
    requestedAt: now,
    receivedAt: now,
    delivery: `program ${client}`,
  };
}
