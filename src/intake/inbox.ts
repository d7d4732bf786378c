/**
 * Comments with commands, from the moment GitHub delivers them until they are carried out. `record` is one script: when
 * it has answered, the comment is safe, and whoever delivers the same comment again, under any GUID, changes nothing.
 *
 * What is due are issues, not comments: the comments of one issue are taken in one after the other, oldest first, so
 * that `/orch cancel` never overtakes the request before it.
 */
import type { Redis, Result } from "ioredis";
import type { Command } from "../command/command.ts";
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

/** A bot keeps an issue this long, ms, and says so again every `RENEW_MS`; after a crash others wait no longer. */
const LEASE_MS = 5_000;
export const RENEW_MS = 1_500;

/**
 * Issues of one repository that a bot may have at once. GitHub allows few comments a minute: answers to somebody who
 * comments everywhere in one repository must not hold up the commands in all others. Among how many that is looked for.
 */
export const OF_ONE_REPOSITORY = 16;
const LOOKED_AT = 1_000;

const DELETED_BY = "deleted by ";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchInboxRecord(numberOfKeys: 3, ...args: (string | number)[]): Result<number, Context>;
    orchInboxTake(numberOfKeys: 1, ...args: (string | number)[]): Result<string[], Context>;
    orchInboxFinish(numberOfKeys: 3, ...args: (string | number)[]): Result<number, Context>;
    orchInboxRelease(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS comment issue inbox · ARGV record expireSeconds commentId commentName issueName now
const RECORD = `
if not redis.call("SET", KEYS[1], ARGV[1], "NX", "EX", ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[2], ARGV[3], ARGV[4])
redis.call("ZADD", KEYS[3], "NX", ARGV[6], ARGV[5])
return 1`;

// KEYS inbox · ARGV now leaseEnd limit share lookedAt, then pairs: repository, how many of its issues are taken
const TAKE = `
local counts = {}
for i = 6, #ARGV, 2 do counts[ARGV[i]] = tonumber(ARGV[i + 1]) end
local taken = {}
for _, issue in ipairs(redis.call("ZRANGEBYSCORE", KEYS[1], "-inf", ARGV[1], "LIMIT", 0, ARGV[5])) do
  local repository = string.match(issue, "^%d+")
  local count = counts[repository] or 0
  if #taken < tonumber(ARGV[3]) and count < tonumber(ARGV[4]) then
    counts[repository] = count + 1
    redis.call("ZADD", KEYS[1], ARGV[2], issue)
    taken[#taken + 1] = issue
  end
end
return taken`;

// KEYS comment issue inbox · ARGV commentName issueName expected. The text is forgotten, the fact is kept.
const FINISH = `
local record = redis.call("GET", KEYS[1])
local kind = record and string.sub(record, 1, 1) or "d"
if ARGV[3] == "{" and kind == "d" and record ~= "done" then return 0 end
if kind == "{" then redis.call("SET", KEYS[1], "done", "KEEPTTL") end
redis.call("ZREM", KEYS[2], ARGV[1])
if redis.call("EXISTS", KEYS[2]) == 0 then redis.call("ZREM", KEYS[3], ARGV[2]) end
return 1`;

// KEYS issue inbox · ARGV issueName
const RELEASE = `
if redis.call("EXISTS", KEYS[1]) == 1 then return 0 end
redis.call("ZREM", KEYS[2], ARGV[1])
return 1`;

export type Inbox = ReturnType<typeof makeInbox>;

export function makeInbox(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchInboxRecord", { lua: RECORD });
  redis.defineCommand("orchInboxTake", { lua: TAKE });
  redis.defineCommand("orchInboxFinish", { lua: FINISH });
  redis.defineCommand("orchInboxRelease", { lua: RELEASE });

  /** True when this call recorded it; false when it was known, done or deleted already. */
  async function record(given: GivenComment): Promise<boolean> {
    const text = JSON.stringify(given);
    const [comment, issue] = [commentNameOf(given), issueNameOf(given)];
    const recordKeys = [keys.inboxComment(comment), keys.inboxIssue(issue), keys.inbox];
    const values = [text, RETENTION_S, given.commentId, comment, issue, given.receivedAt];
    return (await redis.orchInboxRecord(3, ...recordKeys, ...values)) === 1;
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

  /** Issues that are due, beside those that the caller `has`; they are its own until the lease ends. */
  async function take(now: number, limit: number, has: Iterable<string> = []): Promise<string[]> {
    const counts = new Map<string, number>();
    for (const issue of has) {
      const repository = String(issue.split("-")[0]);
      counts.set(repository, (counts.get(repository) ?? 0) + 1);
    }
    const bounds = [now, now + LEASE_MS, limit, OF_ONE_REPOSITORY, LOOKED_AT];
    return await redis.orchInboxTake(1, keys.inbox, ...bounds, ...[...counts].flat());
  }

  /** Keeps an issue, or, with a time of one's own, puts it off. */
  async function postpone(issue: string, until: number): Promise<void> {
    await redis.zadd(keys.inbox, "XX", until, issue);
  }
  const renew = (issue: string, now: number) => postpone(issue, now + LEASE_MS);

  /** The issue's oldest comment that waits. Undefined: none waits, and the issue is not due any more. */
  async function first(issue: string): Promise<string | undefined> {
    for (;;) {
      const [comment] = await redis.zrange(keys.inboxIssue(issue), "0", "0");
      if (comment !== undefined) return comment;
      if ((await redis.orchInboxRelease(2, keys.inboxIssue(issue), keys.inbox, issue)) === 1) return undefined;
    }
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
    const finishKeys = [keys.inboxComment(comment), keys.inboxIssue(issue), keys.inbox];
    const expected = was.kind === "given" ? "{" : "any";
    return (await redis.orchInboxFinish(3, ...finishKeys, comment, issue, expected)) === 1;
  }

  /** When the next issue is due (ms), or undefined when none waits. */
  async function nextAt(): Promise<number | undefined> {
    const [, score] = await redis.zrange(keys.inbox, "0", "0", "WITHSCORES");
    return score === undefined ? undefined : Number(score);
  }

  /** How many issues have comments that wait. */
  const size = () => redis.zcard(keys.inbox);

  return { record, deleted, take, renew, postpone, first, read, finish, nextAt, size };
}

/** The numbers in the names that `take` and `first` give. */
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
