/** One thing that doctor looked at, and what it makes of it. */

/** `note`: right as it is, but somebody may want to know. `problem`: Orch, or a part of it, would not work. */
export type Status = "ok" | "note" | "problem";

export type Check = {
  name: string;
  status: Status;
  detail: string;
  /** What to do about it; never empty for a problem. */
  remedy?: string;
};

export type Section = { title: string; checks: Check[] };

export const ok = (name: string, detail: string): Check => ({ name, status: "ok", detail });
export const note = (name: string, detail: string, remedy?: string): Check => ({
  name,
  status: "note",
  detail,
  remedy,
});
export const problem = (name: string, detail: string, remedy: string): Check => ({
  name,
  status: "problem",
  detail,
  remedy,
});

/** Errors of others as one line: the message, and the reason beneath it where there is one. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error && error.cause.message !== error.message ? error.cause.message : "";
  return cause && !error.message.includes(cause) ? `${error.message} (${cause})` : error.message;
}
