/**
 * A request: what one event asks for, whatever it was. It waits in the inbox (`inbox.ts`) until it is taken in
 * (`take-in.ts`), and stands for what was signed: later edits do not count.
 */
import { z } from "zod";
import type { Command } from "../command/command.ts";
import { asksByItself, identityOf, operatorOf, originIn, originShape, type Source } from "../task/origin.ts";
import { taskIdOf } from "../task/task-id.ts";
import type { About, Actor, Repository, TaskSpec } from "../task/task-spec.ts";

/** Times are Unix milliseconds. */
export type Request = {
  installationId: number;
  repository: Repository & { defaultBranch: string };
  /** Issue or pull request. */
  number: number;
  on: "issue" | "pull";
  source: Source;
  about?: About;
  /** Name of the label that asks: to be removed when the request is taken in, so that it can be set again. */
  label?: string;
  /** It stands for title and description as whoever asks has read them. */
  vouchedFor?: boolean;
  /** None: the repository asks by itself. */
  actor?: Actor;
  /** Its command is read out of what somebody wrote for people: whoever may not give it is not told so. */
  implied?: boolean;
  /** In order; the line of each tells it apart from the others. */
  commands: Command[];
  /** By GitHub's clock. */
  requestedAt: number;
  /** By ours. */
  receivedAt: number;
  /** For the log. */
  delivery: string;
};

/** A source without the line, which stands in the commands. */
const sourceShape = z.unknown().refine((source) => {
  const read = originShape.safeParse({ ...(source as object), line: 0 });
  // Nodes come of an approved plan, rounds of a review, and neither of anything that anybody sends.
  return read.success && read.data.kind !== "node" && read.data.kind !== "round";
});

/** The compiler asks for a new kind of command here: a request with one that is missing could not be read. */
const COMMANDS: Record<Command["kind"], true> = {
  task: true,
  help: true,
  status: true,
  cancel: true,
  retry: true,
  why: true,
  logs: true,
  tell: true,
  // biome-ignore lint/suspicious/noThenProperty: it is a word that people write
  then: true,
  answer: true,
  plan: true,
  review: true,
  team: true,
  approve: true,
  budget: true,
  misunderstood: true,
};

/** The least that a request's record must have, so that intake can rely on `Request`. */
const leastOfRequest = z.looseObject({
  installationId: z.number(),
  repository: z.looseObject({ id: z.number(), owner: z.string(), name: z.string(), defaultBranch: z.string() }),
  number: z.number(),
  on: z.enum(["issue", "pull"]),
  source: sourceShape,
  actor: z.looseObject({ id: z.number(), login: z.string() }).optional(),
  commands: z.array(z.looseObject({ line: z.number(), kind: z.enum(Object.keys(COMMANDS)) })),
  requestedAt: z.number(),
  receivedAt: z.number(),
});

/** Where a person has to be permitted, one without a person is no request. */
export const requestShape = leastOfRequest.refine(
  ({ actor, source }) => actor !== undefined || asksByItself(source as Source),
  "nobody asks",
);

type Request1 = Omit<Request, "source"> & { commentId: number; commentUrl: string };

/** In format 1 every request was a comment. */
export function requestOfFormat1({ commentId, commentUrl, ...request }: Request1): Request {
  return { ...request, source: { kind: "comment", id: commentId, url: commentUrl } };
}

/**
 * The request's name among all: what has become of it is remembered under it. A comment's is repository and id alone, as it was
 * before there were other requests.
 */
export function requestNameOf(repositoryId: number, source: Source): string {
  const [kind, ...identity] = identityOf(source);
  return [repositoryId, ...(kind === "comment" ? identity : [kind, ...identity])].join("-");
}

/** A command's name among all: given again, as after the death of a bot, it is the same one. */
export const commandNameOf = ({ repository, source }: Pick<Request, "repository" | "source">, line: number): string =>
  `${requestNameOf(repository.id, source)}-${line}`;

/** The name of the issue or pull request on which requests wait. */
export const issueNameOf = (repositoryId: number, number: number): string => `${repositoryId}-${number}`;

export function numbersOf(issueName: string): { repositoryId: number; number: number } {
  const [repositoryId = 0, number = 0] = issueName.split("-").map(Number);
  return { repositoryId, number };
}

/** By name: a person's login, else the operator, else the repository itself. */
export function whoAsks({ actor, source, repository }: Pick<Request, "actor" | "source" | "repository">): string {
  const operator = operatorOf(source);
  return actor?.login ?? (operator === undefined ? repository.name : `operator ${operator}`);
}

/** Id of the task that this line of the request asks for. */
export const taskIdIn = (
  { repository, source }: Pick<Request, "source"> & { repository: Pick<Request["repository"], "id"> },
  line: number,
): string => taskIdOf(repository.id, originIn(source, line));

type AskedWhere = Pick<Request, "source" | "actor" | "delivery"> & { command: Command /** Unix ms. */; now: number };

/** A request where an earlier task stands. */
export const requestWhere = (
  { installationId, repository, number, target }: TaskSpec,
  { command, now, ...asked }: AskedWhere,
): Request => ({
  ...asked,
  installationId,
  repository: { ...repository, defaultBranch: target.defaultBranch },
  number,
  on: target.kind,
  commands: [command],
  requestedAt: now,
  receivedAt: now,
});
