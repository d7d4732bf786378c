/** What tests of the progress comment look at. */
import { expect } from "vitest";
import { renderComment } from "../../src/report/comment-text.ts";
import type { Task } from "../../src/task/task.ts";
import { around } from "./sample-tasks.ts";

/** The comment without what is the same in all of them. */
export function body(task: Task, surroundings = around): string {
  const text = renderComment(task, surroundings);
  const end = text.indexOf("\n\n<details>");
  expect(end).toBeGreaterThan(0);
  return text.slice(0, end);
}
