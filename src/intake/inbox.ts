/**
 * Requests, from the moment they arrive until they are carried out. `record` is one script: when it has answered, the request
 * is safe, and whoever brings the same one again changes nothing.
 *
 * What is due are issues, not requests: those on one issue or pull request are taken in one after the other, oldest first, so
 * that `/orch cancel` never overtakes the request before it. A request that comes while its issue is taken makes the issue due
 * again.
 */
import type { Redis, Result } from "ioredis";
import { dueKeys, dueScripts, makeDueSet } from "../task/due-set.ts";
import { keys, RETENTION_S } from "../task/keys.ts";
import {
  FORMAT,
  judgeRecord,
  reasonOfDoubt,
  type TellUnreadable,
  type Unusable,
  warnOfUnreadable,
} from "../task/record.ts";
import { issueNameOf, type Request, requestNameOf, requestOfFormat1, requestShape } from "./request.ts";

/** What has become of a recorded request. One in doubt may be a newer Orch's: it stays. */
export type RequestState =
  | { kind: "given"; request: Request }
  | { kind: "deleted"; by: string }
  | { kind: "done" }
  | Unusable;

/**
 * Issues of one repository that a bot may have at once. GitHub allows few comments a minute: answers to somebody who
 * comments everywhere in one repository must not hold up the commands in all others.
 */
export const OF_ONE_REPOSITORY = 16;
const SHARE = { group: "^%d+", most: OF_ONE_REPOSITORY };

const DELETED_BY = "deleted by ";
const DONE = "done";

declare module "ioredis" {
  interface RedisCommander<Context> {
    orchInboxRecord(numberOfKeys: 5, ...args: (string | number)[]): Result<number, Context>;
    orchInboxFinish(numberOfKeys: 2, ...args: (string | number)[]): Result<number, Context>;
  }
}

// KEYS request issue, and the three of the inbox · ARGV record expireSeconds order requestName issueName now
const RECORD = `${dueScripts.plan}
if not redis.call("SET", KEYS[1], ARGV[1], "NX", "EX", ARGV[2]) then return 0 end
redis.call("ZADD", KEYS[2], ARGV[3], ARGV[4])
plan(KEYS[3], KEYS[4], KEYS[5], ARGV[5], ARGV[6])
return 1`;

// KEYS request issue · ARGV requestName expected. The text is forgotten, the fact is kept.
const FINISH = `
local record = redis.call("GET", KEYS[1])
local kind = record and string.sub(record, 1, 1) or "d"
if ARGV[2] == "{" and kind == "d" and record ~= "${DONE}" then return 0 end
if kind == "{" then redis.call("SET", KEYS[1], "${DONE}", "KEEPTTL") end
redis.call("ZREM", KEYS[2], ARGV[1])
return 1`;

export type Inbox = ReturnType<typeof makeInbox>;

export function makeInbox(redis: Redis, tell: TellUnreadable = warnOfUnreadable) {
  redis.defineCommand("orchInboxRecord", { lua: RECORD });
  redis.defineCommand("orchInboxFinish", { lua: FINISH });
  /** Issues and pull requests on which requests wait. */
  const issues = makeDueSet(redis, keys.inbox, SHARE);

  /** True when this call recorded it; false when it was known, done or deleted already. */
  async function record(request: Request): Promise<boolean> {
    const { repository, number, source, requestedAt, receivedAt } = request;
    const text = JSON.stringify({ ...request, format: FORMAT });
    const [name, issue] = [requestNameOf(repository.id, source), issueNameOf(repository.id, number)];
    const recordKeys = [keys.request(name), keys.requestsOn(issue), ...dueKeys(keys.inbox)];
    const values = [text, RETENTION_S, requestedAt, name, issue, receivedAt];
    return (await redis.orchInboxRecord(5, ...recordKeys, ...values)) === 1;
  }

  /**
   * Its author or a maintainer has deleted what asks: what is not carried out yet is not carried out any more, even should it
   * be delivered only now. `known`: that is remembered only of a request that was recorded before.
   */
  async function deleted(name: string, by: string, { known }: { known: boolean }): Promise<void> {
    const value = `${DELETED_BY}${by}`;
    if (known) await redis.set(keys.request(name), value, "EX", RETENTION_S, "XX");
    else await redis.set(keys.request(name), value, "EX", RETENTION_S);
  }

  /** The name of the issue's oldest request that waits. */
  async function first(issue: string): Promise<string | undefined> {
    const [name] = await redis.zrange(keys.requestsOn(issue), "0", "0");
    return name;
  }

  async function read(name: string): Promise<RequestState> {
    const key = keys.request(name);
    const text = await redis.get(key);
    if (text?.startsWith(DELETED_BY)) return { kind: "deleted", by: text.slice(DELETED_BY.length) };
    // What is in neither of these forms, a newer Orch has written.
    if (text === null || text === DONE) return { kind: "done" };
    const reading = judgeRecord<Request>(requestShape, () => JSON.parse(text), requestOfFormat1);
    if (reading.kind === "known") return { kind: "given", request: reading.record };
    tell(key, reasonOfDoubt(reading));
    return reading;
  }

  /** Intake is done with the request. False, and nothing is done, when it was deleted since it was `read`. */
  async function finish(name: string, issue: string, was: RequestState): Promise<boolean> {
    const expected = was.kind === "deleted" || was.kind === "done" ? "any" : "{";
    return (await redis.orchInboxFinish(2, keys.request(name), keys.requestsOn(issue), name, expected)) === 1;
  }

  return { record, deleted, issues, first, read, finish };
}
