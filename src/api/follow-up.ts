/** What a program says about a task that it has asked for, and the command that a person would have given for it. */
import type { Command } from "../command/command.ts";
import { LINE } from "./wish.ts";

export type FollowUp =
  | { kind: "cancel" }
  | { kind: "answer"; question: string; text: string }
  | { kind: "tell"; text: string };

/** Names it among all that the program asks. */
export const followUpKey = (id: string, kind: FollowUp["kind"], key: string): string => `${id} ${kind} ${key}`;

export function commandFor(id: string, said: FollowUp): Command {
  switch (said.kind) {
    case "cancel":
      return { kind: "cancel", line: LINE, task: id };
    case "answer":
      return { kind: "answer", line: LINE, words: `${said.question} ${said.text}`, task: said.question };
    case "tell":
      return { kind: "tell", line: LINE, words: `${id} ${said.text}`, task: id };
  }
}
