/** One origin of every kind; the record makes the compiler ask for a new one. */
import type { Origin, OriginKind } from "../../src/task/origin.ts";

export const origins: { [Kind in OriginKind]: Extract<Origin, { kind: Kind }> } = {
  comment: { kind: "comment", id: 501, line: 1, url: "https://github.test/1" },
  body: { kind: "body", id: 1, line: 1, url: "https://github.test/1" },
  review_comment: { kind: "review_comment", id: 501, line: 1, url: "https://github.test/1" },
  review: { kind: "review", id: 501, line: 1, url: "https://github.test/1" },
  label: { kind: "label", digest: "ab", label: "orch" },
  check: { kind: "check", digest: "ab" },
  schedule: { kind: "schedule", name: "nightly", dueAt: 1_700_000_000_000 },
  cli: { kind: "cli", by: "root", key: "42" },
  api: { kind: "api", client: "ci", key: "42" },
  dashboard: { kind: "dashboard", key: "42" },
  round: { kind: "round", task: "tabcdefghijklmno" },
  node: { kind: "node", plan: "tbbbbbbbbbbbbbbb", node: "api-tests", try: 1 },
};
