/**
 * Where a task comes from. Everything that asks for work has one origin, and the task's id is the hash of the origin's
 * identity (`task-id.ts`): the same wish is the same task, however often and by whichever way it arrives.
 *
 * A new kind of origin is added here (shape and identity), gets one file that turns its event into a request
 * (`src/events/on-*.ts`), its words (`src/words/origin-words.ts`) and its reaction (`src/report/reaction.ts`).
 */
import { z } from "zod";
import type { Via } from "./deeds.ts";

/** A line of something that somebody wrote; `url`: where it stands on GitHub. */
const written = { id: z.number(), line: z.number(), url: z.string() };
/** SHA-256 of the signed delivery's body, in hex. Its GUID would not do: GitHub does not sign that. */
const signed = { digest: z.string() };

export const originShape = z.discriminatedUnion("kind", [
  /** A comment on an issue or a pull request. */
  z.object({ kind: z.literal("comment"), ...written }),
  /** The text of an issue or a pull request as it was opened; `id` is its number. */
  z.object({ kind: z.literal("body"), ...written }),
  /** The text of a review. */
  z.object({ kind: z.literal("review"), ...written }),
  /** A comment on a line of a pull request's changes. */
  z.object({ kind: z.literal("review_comment"), ...written }),
  /** Somebody set a label. */
  z.object({ kind: z.literal("label"), ...signed, label: z.string() }),
  /** A check run was asked for again, or one of its buttons was pressed. */
  z.object({ kind: z.literal("check"), ...signed }),
  /** `dueAt`: when it was due, Unix ms. */
  z.object({ kind: z.literal("schedule"), name: z.string(), dueAt: z.number() }),
  /** Whoever operates Orch, at its command line; `by`: their name on that machine, `key`: of this one call. */
  z.object({ kind: z.literal("cli"), by: z.string(), key: z.string() }),
  /** Another program; `key` is its own name for what it asks. */
  z.object({ kind: z.literal("api"), client: z.string(), key: z.string() }),
  /**
   * Somebody at the dashboard; `by`: the name of whoever operates Orch, on their machine or, with `byId`, of that account at GitHub. `key`: of this
   * one deed.
   */
  z.object({
    kind: z.literal("dashboard"),
    by: z.string().optional(),
    byId: z.number().optional(),
    key: z.string(),
  }),
  /** A node of a plan that is to be worked on, for the `try`th time; it comes through no door. */
  z.object({ kind: z.literal("node"), plan: z.string(), node: z.string(), try: z.number() }),
  /** What follows from this task: what its review has found is mended, or what it has mended is reviewed. It comes through no door. */
  z.object({ kind: z.literal("round"), task: z.string() }),
]);

export type Origin = z.output<typeof originShape>;
export type OriginKind = Origin["kind"];
export type OriginOf<Kind extends OriginKind> = Extract<Origin, { kind: Kind }>;

/** What one event asks for, which may be several things: of what is written, each line may be one. */
export type Source = { [Kind in OriginKind]: Omit<OriginOf<Kind>, "line"> }[OriginKind];
export type SourceOf<Kind extends OriginKind> = Extract<Source, { kind: Kind }>;

/** What tells two events of one kind apart. */
const identities: { [Kind in OriginKind]: (source: SourceOf<Kind>) => (string | number)[] } = {
  comment: ({ id }) => [id],
  body: ({ id }) => [id],
  review: ({ id }) => [id],
  review_comment: ({ id }) => [id],
  label: ({ digest }) => [digest],
  check: ({ digest }) => [digest],
  schedule: ({ name, dueAt }) => [name, dueAt],
  cli: ({ key }) => [key],
  api: ({ client, key }) => [client, key],
  dashboard: ({ key }) => [key],
  node: ({ plan, node, try: nth }) => [plan, node, nth],
  round: ({ task }) => [task],
};

/** Whether there is nobody whose permission could be asked for: the repository asks by itself, or whoever operates Orch. */
const withoutPerson: { [Kind in OriginKind]: boolean } = {
  comment: false,
  body: false,
  review: false,
  review_comment: false,
  label: false,
  check: false,
  schedule: true,
  cli: true,
  api: false,
  dashboard: false,
  node: false,
  round: false,
};

/**
 * Nobody has to be permitted: the authority is a file that only people who may write to the repository can change, or the access to
 * the machine.
 */
export const asksByItself = (source: Source): boolean => withoutPerson[source.kind] || operatorOf(source) !== undefined;

/** The name of whoever operates Orch, where it is they who ask. */
export const operatorOf = (source: Source): string | undefined => ("by" in source ? source.by : undefined);

/** Of their account, where they signed in with GitHub. */
export const operatorIdOf = (source: Source): number | undefined => ("byId" in source ? source.byId : undefined);

/** Whether another program asks: what is said to it stands where it asked, and not on GitHub. */
export const isByProgram = (source: Source): source is SourceOf<"api"> => source.kind === "api";

/** Where what is said to whoever asks is kept for them (`caller-replies.ts`), since they look for it there. */
export const isAnsweredApart = (source: Source): boolean =>
  isByProgram(source) || source.kind === "dashboard" || source.kind === "cli";

/**
 * Whether it is known that a person asked by their own hand: an App may do so in a person's name, and of comments alone GitHub tells that (those do
 * not get here). The doors that are not GitHub's know who asks.
 */
const byOwnHand: { [Kind in OriginKind]: boolean } = {
  comment: true,
  body: false,
  review: false,
  review_comment: false,
  label: false,
  check: false,
  schedule: false,
  cli: true,
  api: false,
  dashboard: true,
  node: false,
  round: false,
};
export const isSurelyAPersons = ({ kind }: Source): boolean => byOwnHand[kind];

/** Where a person has asked; undefined where it is none. */
const vias: { [Kind in OriginKind]: Via | undefined } = {
  comment: "comment",
  body: "comment",
  review: "comment",
  review_comment: "comment",
  label: "label",
  check: "check",
  schedule: undefined,
  cli: "cli",
  api: "program",
  dashboard: "dashboard",
  node: undefined,
  round: undefined,
};
export const viaOf = ({ kind }: Source): Via | undefined => vias[kind];

/** The kind of work that it asks for, where that is told by how it is asked; else where it is done tells it. */
const workKinds: { [Kind in OriginKind]: "review" | "check" | "schedule" | undefined } = {
  comment: undefined,
  body: undefined,
  review: "review",
  review_comment: "review",
  label: undefined,
  check: "check",
  schedule: "schedule",
  cli: undefined,
  api: undefined,
  dashboard: undefined,
  node: undefined,
  round: undefined,
};
export const workKindOf = ({ kind }: Source) => workKinds[kind];

/** The event's identity: kind first. Texts are encoded, so that no two identities can look alike when they are joined. */
export function identityOf(source: Source): (string | number)[] {
  const parts = (identities[source.kind] as (source: Source) => (string | number)[])(source);
  return [source.kind, ...parts.map((part) => (typeof part === "string" ? encodeURIComponent(part) : part))];
}

/** Whether both are the same event's. */
export const isSameSource = (one: Source, other: Source): boolean =>
  identityOf(one).join("|") === identityOf(other).join("|");

/** Text by a person, in which each line may be a command. */
export function isWritten<From extends Source>(source: From): source is Extract<From, { id: number }> {
  return "id" in source;
}

/** It says nothing of its own: what stands under it is asked for, as a whole. */
export const isWordless = (source: Source): boolean => source.kind === "label";

/** The origin of the task that this line of the event asks for. */
export const originIn = (source: Source, line: number): Origin =>
  (isWritten(source) ? { ...source, line } : source) as Origin;
