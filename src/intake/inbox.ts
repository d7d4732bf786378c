/**
 * Comments with commands, from the moment GitHub delivers them until they are carried out. `record` is one script: when
 * it has answered, the comment is safe, and whoever delivers the same comment again, under any GUID, changes nothing.
 *
 * What is due are issues, not comments: the comments of one issue are taken in one after the other, oldest first, so
 * that `/orch cancel` never overtakes the request before it. A comment that comes while its issue is taken makes the issue
 * due again.
 */
import type { Redis, Result } from "ioredis";
import type { Command } from "../command/command.ts";
import { dueKeys, dueScripts, makeDueSet } from "../task/due-set.ts";
import { keys, RETENTION_S } from "../task/keys.ts";
import { readRecord, type TellUnreadable, warnOfUnreadable } from "../task/record.ts";
import type { Actor, Repository } from "../task/task.ts";
import { givenShape } from "./given-shape.ts";

/** A comment as it stood in the signed delivery. Later edits do not count. Times are Unix milliseconds. */
export type GivenComment = {
  installationId: number;
  repository: Repository & { defaultBranch: string };
  /** Issue or pull request. */
  number: number;
  on: "issue" | "pull";
  commentId: number;
  commentUrl: string;
  actor: Actor;
  commands: Command[];
  /** By GitHub's clock. */
  requestedAt: number;
  /** By ours. */
  receivedAt: number;
  /** For the log. */
  delivery: string;
};

type CommentName = { repository: { id: number }; number: number; commentId: number };

/** What has become of a recorded comment. */
export type Waiting = { kind: "given"; given: GivenComment } | { kind: "deleted"; by: string } | { kind: "done" };

/**
 * Issues of one repository that a bot may have at once. GitHub allows few comments a minute: answers to somebody who
 * comments everywhere in one repository must not hold up the commands in all others.
 */
export const OF_ONE_REPOSITORY = 16;
const SHARE = { group: "^%d+", most: OF_ONE_REPOSITORY };

const DELETED_BY = "deleted by ";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchInboxRecord(numberOfKeys: 5, ...args: (string | number)[]): Result<number, Context>;
    orchInboxFinish(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS comment issue, and the three of the inbox · ARGV record expireSeconds commentId commentName issueName now
const RECORD = `${dueScripts.plan}
if not redis.call("SET", KEYS[1], ARGV[1], "NX", "EX", ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[2], ARGV[3], ARGV[4])
plan(KEYS[3], KEYS[4], KEYS[5], ARGV[5], ARGV[6])
return 1`;

// KEYS comment issue · ARGV commentName expected. The text is forgotten, the fact is kept.
const FINISH = `
local record = redis.call("GET", KEYS[1])
local kind = record and string.sub(record, 1, 1) or "d"
if ARGV[2] == "{" and kind == "d" and record ~= "done" then return 0 end
if kind == "{" then redis.call("SET", KEYS[1], "done", "KEEPTTL") end
redis.call("ZREM", KEYS[2], ARGV[1])
return 1`;

export type Inbox = ReturnType<typeof makeInbox>;

export function makeInbox(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchInboxRecord", { lua: RECORD });
  redis.defineCommand("orchInboxFinish", { lua: FINISH });
  /** Issues and pull requests whose comments wait. */
  const issues = makeDueSet(redis, keys.inbox, SHARE);

  /** True when this call recorded it; false when it was known, done or deleted already. */
  async function record(given: GivenComment): Promise<boolean> {
    const text = JSON.stringify(given);
    const [comment, issue] = [commentNameOf(given), issueNameOf(given)];
    const recordKeys = [keys.inboxComment(comment), keys.inboxIssue(issue), ...dueKeys(keys.inbox)];
    const values = [text, RETENTION_S, given.commentId, comment, issue, given.receivedAt];
    return (await redis.orchInboxRecord(5, ...recordKeys, ...values)) === 1;
  }

  /**
   * The comment's author or a maintainer has deleted it: what is not carried out yet is not carried out any more, even
   * should it be delivered only now. `known`: that is remembered only of a comment that was recorded before.
   */
  async function deleted(name: CommentName, by: string, { known }: { known: boolean }): Promise<void> {
    const key = keys.inboxComment(commentNameOf(name));
    const value = `${DELETED_BY}${by}`;
    if (known) await redis.set(key, value, "EX", RETENTION_S, "XX");
    else await redis.set(key, value, "EX", RETENTION_S);
  }

  /** The issue's oldest comment that waits. */
  async function first(issue: string): Promise<string | undefined> {
    const [comment] = await redis.zrange(keys.inboxIssue(issue), "0", "0");
    return comment;
  }

  /** A comment whose record cannot be read is told of and counts as done. */
  async function read(comment: string): Promise<Waiting> {
    const key = keys.inboxComment(comment);
    const text = await redis.get(key);
    const given = text?.startsWith("{")
      ? readRecord<GivenComment>(key, givenShape, () => JSON.parse(text), tell)
      : undefined;
    if (given) return { kind: "given", given };
    if (text?.startsWith(DELETED_BY)) return { kind: "deleted", by: text.slice(DELETED_BY.length) };
    return { kind: "done" };
  }

  /** Intake is done with the comment. False, and nothing is done, when it was deleted since it was `read` as given. */
  async function finish(comment: string, issue: string, was: Waiting): Promise<boolean> {
    const finishKeys = [keys.inboxComment(comment), keys.inboxIssue(issue)];
    const expected = was.kind === "given" ? "{" : "any";
    return (await redis.orchInboxFinish(2, ...finishKeys, comment, expected)) === 1;
  }

  return { record, deleted, issues, first, read, finish };
}

/** The numbers in the names of an issue and of a comment of it. */
export function numbersOf(comment: string, issue: string): { repositoryId: number; number: number; commentId: number } {
  const [repositoryId, commentId] = comment.split("-").map(Number);
  return { repositoryId: repositoryId ?? 0, commentId: commentId ?? 0, number: Number(issue.split("-")[1]) };
}

function commentNameOf({ repository, commentId }: CommentName): string {
  return `${repository.id}-${commentId}`;
}

function issueNameOf({ repository, number }: CommentName): string {
  return `${repository.id}-${number}`;
}
