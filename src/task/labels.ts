/**
 * The labels of an issue or a pull request: those by which people ask, and those by which Orch says how it stands. To GitHub a name
 * is the same in upper and in lower case.
 */

/** What each label asks for that people set; the names are the operator's to choose. */
export type AskingLabels = { run: string; team: string; review: string; retry: string; cancel: string };
export const ASKING_LABELS: AskingLabels = {
  run: "orch",
  team: "orch:team",
  review: "orch:review",
  retry: "orch:retry",
  cancel: "orch:cancel",
};

/** How they look where Orch makes them. */
export const ASKING_LOOKS: Record<keyof AskingLabels, { color: string; description: string }> = {
  run: { color: "5319e7", description: "Set it to have an agent do what this asks for" },
  team: { color: "5319e7", description: "Set it to have several agents do what this asks for" },
  review: { color: "5319e7", description: "Set it to have an agent review the changes here" },
  retry: { color: "5319e7", description: "Set it to have the last task done again" },
  cancel: { color: "5319e7", description: "Set it to stop the tasks here" },
};

/** Of an issue's or a pull request's tasks: exactly one at a time. */
export const STATE_LABELS = {
  "orch:running": { color: "fbca04", description: "An agent works on this" },
  "orch:done": { color: "0e8a16", description: "The agent's work became a pull request" },
  "orch:failed": { color: "d93f0b", description: "The agent's work did not become a pull request" },
} as const;
export type StateLabel = keyof typeof STATE_LABELS;

export const isSameLabel = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** What the label asks for, if anything. */
export function askedByLabel(labels: AskingLabels, name: string): keyof AskingLabels | undefined {
  return (["run", "team", "review", "retry", "cancel"] as const).find((what) => isSameLabel(labels[what], name));
}

/** What makes the names unusable; undefined when they are not. */
export function problemOf({ run, team, review, retry, cancel }: AskingLabels): string | undefined {
  const names = [run, team, review, retry, cancel, ...Object.keys(STATE_LABELS)].map((name) => name.toLowerCase());
  if (new Set(names).size === names.length) return undefined;
  return `LABEL_RUN, LABEL_TEAM, LABEL_REVIEW, LABEL_RETRY and LABEL_CANCEL must be five different names, and none of ${Object.keys(STATE_LABELS).join(", ")}`;
}
