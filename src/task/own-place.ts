/**
 * Where a task stands that was asked for under no issue and no pull request: in a place of its own, by a number beyond all that
 * GitHub gives, made of the task's short id. So whatever goes by a task's number (its requests, its conversation, its branch)
 * holds for it as well, and concerns it alone. The number means nothing to GitHub or to people: neither ever sees it.
 */
import { ALPHABET } from "./task-id.ts";

/** GitHub counts the issues of one repository: it never comes near. */
const FIRST = 2 ** 40;
/** How much of the id behind its first letter goes in: as much as stands in the name of its branch. */
const LETTERS = 7;

/** `taskId`: or its short id. */
export function ownPlaceOf(taskId: string): number {
  const letters = [...taskId.slice(1, 1 + LETTERS)];
  return FIRST + letters.reduce((sum, letter) => sum * ALPHABET.length + ALPHABET.indexOf(letter), 0);
}

/** Whether the number is no issue's and no pull request's. */
export const isOwnPlace = (number: number): boolean => number >= FIRST;

/** What stands behind a repository's name for people: `#7`; nothing where there is no issue. */
export const numberSign = (number?: number): string => (number === undefined || isOwnPlace(number) ? "" : `#${number}`);
