/** What is known of an agent's work, for tests that do not care how it came about. */
import type { ArmCounts } from "../../src/history/arms.ts";

export const armCounts = (changes: Partial<ArmCounts> = {}): ArmCounts => ({
  repositoryId: 11,
  kind: "issue",
  size: "small",
  agent: "claude",
  model: "opus",
  version: "",
  last: "2026-01-05",
  tasks: 100,
  merged: 50,
  pending: 0,
  costUsd: 100,
  costed: 100,
  ...changes,
});
