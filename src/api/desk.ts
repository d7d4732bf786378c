/**
 * What other programs can do, whichever door they come by: ask for a task, look at it, wait for it, answer its agent, tell it
 * something, cancel it. All that they want goes through the inbox, as what people write does. Throws Problem.
 */
import { createHash } from "node:crypto";
import type { Redis } from "ioredis";
import type { Command } from "../command/command.ts";
import { requestOfProgram, sourceOfProgram } from "../events/on-api.ts";
import type { GitHub } from "../github.ts";
import type { Inbox } from "../intake/inbox.ts";
import { type Request, requestNameOf, taskIdIn } from "../intake/request.ts";
import type { CallerReplies, CallerReply } from "../task/caller-replies.ts";
import type { HostView } from "../task/hosts.ts";
import { ownPlaceOf } from "../task/own-place.ts";
import type { TaskStore } from "../task/store.ts";
import { isTaskId } from "../task/task-id.ts";
import { ofOpenTeams, withNodeTasks } from "../task/team-tasks.ts";
import { readTeam } from "../views/read-team.ts";
import { type AskedTask, makeAskedStore } from "./asked.ts";
import { findIssue, findRepository } from "./find-place.ts";
import { LOOK_MS, makeFollowing } from "./follow.ts";
import { commandFor, type FollowUp, followUpKey } from "./follow-up.ts";
import { type PlanAnswer, planAnswerOf } from "./plan-answer.ts";
import { Problem } from "./problem.ts";
import { countOne } from "./rate.ts";
import { answerOf, answerWithoutTask, type TaskAnswer } from "./task-answer.ts";
import type { Caller } from "./tokens.ts";
import type { Watch } from "./watch.ts";
import { commandOf, LINE, type Wish } from "./wish.ts";

export type DeskDeps = {
  redis: Redis;
  store: TaskStore;
  inbox: Inbox;
  callers: CallerReplies;
  github: GitHub;
  /** Whether its token is still good. */
  isGood: (caller: Caller) => Promise<boolean>;
  hosts: () => Promise<HostView[]>;
  /** Whether Redis may be trusted with what is asked. */
  isFit: () => boolean;
  wakeIntake: () => void;
  watch: Watch;
  /** Unix ms. */
  now: () => number;
};

/** `key`: the program's own name for its wish. `context`: A2A's for the conversation. */
export type Named = { key: string; context?: string | undefined };

/** Undefined: it is not carried out yet. */
export type Carried = CallerReply | undefined;

/** So long a follow-up is waited for, ms. GitHub is asked for a permission before it is carried out. */
const CARRIED_WITHIN_MS = 15_000;

export type Desk = ReturnType<typeof makeDesk>;

export function makeDesk(deps: DeskDeps) {
  const { redis, store, inbox, callers, github, watch, now } = deps;
  const asked = makeAskedStore(redis);

  /** Asked for again under the same key, it is the same task; `isNew` says which of the two. */
  async function ask(caller: Caller, wish: Wish, { key, context }: Named): Promise<{ id: string; isNew: boolean }> {
    await countOne(redis, caller.client, "task", now());
    if (!deps.isFit()) throw notReady();
    const place = await findRepository(github, caller, wish.repository);
    const source = sourceOfProgram(caller.client, key);
    const id = taskIdIn({ repository: place.repository, source }, LINE);
    const digest = createHash("sha256").update(JSON.stringify(wish)).digest("hex");
    const before = await asked.read(id);
    if (before) return await askAgain(caller, wish, { id, key, before, digest });
    const at: Pick<Request, "number" | "on"> =
      wish.issue === undefined ? { number: ownPlaceOf(id), on: "issue" } : await findIssue(github, place, wish.issue);
    const request = requestNameOf(place.repository.id, source);
    const { client } = caller;
    const { instruction } = wish;
    const wanted = { ...place, ...at, client, request, instruction, digest, at: now(), ...(context && { context }) };
    const recorded = await asked.record(id, wanted);
    if (recorded.digest !== digest) throw otherWish();
    await put(caller, recorded, { key, command: commandOf(wish), at: recorded.at });
    return { id, isNew: true };
  }

  type Again = { id: string; key: string; before: AskedTask; digest: string };

  /** A bot may have died before it had put the request into the inbox. */
  async function askAgain(caller: Caller, wish: Wish, { id, key, before, digest }: Again) {
    if (before.digest !== digest) throw otherWish();
    await put(caller, before, { key, command: commandOf(wish), at: before.at });
    return { id, isNew: false };
  }

  type Said = { key: string; command: Command; at: number };

  async function put(
    { client, actor }: Caller,
    { installationId, repository, number, on }: AskedTask,
    { key, command, at }: Said,
  ) {
    const place = { installationId, repository, number, on };
    const request = requestOfProgram(place, { client, key, actor, command, now: at });
    await inbox.record(request);
    deps.wakeIntake();
    return requestNameOf(repository.id, request.source);
  }

  /** Of another program's, or of none, nothing is said. */
  async function own(caller: Caller, id: string): Promise<AskedTask> {
    const found = isTaskId(id) ? await asked.read(id) : undefined;
    const isTheirs =
      found?.client === caller.client && caller.repositories.some((each) => each.id === found.repository.id);
    if (!found || !isTheirs) throw new Problem("not_found", "You have asked for no task of this id.");
    return found;
  }

  async function look(caller: Caller, id: string): Promise<TaskAnswer> {
    return await answer(id, await own(caller, id));
  }

  /** For the bot itself: the task as its program would be told of it. */
  async function seen(id: string): Promise<{ asked: AskedTask; answer: TaskAnswer } | undefined> {
    const record = await asked.read(id);
    return record && { asked: record, answer: await answer(id, record) };
  }

  /** Of the team that works on the task. */
  async function plan(caller: Caller, id: string): Promise<PlanAnswer> {
    await own(caller, id);
    const task = await store.read(id);
    const found = task && planAnswerOf(task, await readTeam(store, task));
    if (!found) throw new Problem("not_found", "There is no plan of that task, or not yet.");
    return found;
  }

  async function answer(id: string, record: AskedTask): Promise<TaskAnswer> {
    // In this order: a request that was carried out has become a task before that was said.
    const reply = await callers.read(record.request);
    const task = await store.read(id);
    if (!task) return answerWithoutTask(id, record, reply);
    const [hosts, sent, [, ...nodes]] = await Promise.all([
      deps.hosts(),
      store.messages.sent(id),
      withNodeTasks(store, [task], ofOpenTeams),
    ]);
    return answerOf(record, task, { hosts, sent, nodes, now: now() });
  }

  /** Its repository may have another name by now. */
  async function placeOf(id: string, record: AskedTask): Promise<AskedTask> {
    const { spec } = (await store.read(id)) ?? {};
    if (!spec) return record;
    const { installationId, number, target } = spec;
    return {
      ...record,
      installationId,
      number,
      repository: { ...spec.repository, defaultBranch: target.defaultBranch },
    };
  }

  /** Carried out once for each key. */
  async function followUp(
    caller: Caller,
    id: string,
    said: FollowUp,
    { key, signal }: { key: string; signal: AbortSignal },
  ): Promise<Carried> {
    if (!deps.isFit()) throw notReady();
    const record = await placeOf(id, await own(caller, id));
    const command = commandFor(id, said);
    // By another bot's clock the task may have been asked for later.
    const at = Math.max(now(), record.at);
    const name = await put(caller, record, { key: followUpKey(id, said.kind, key), command, at });
    const both = AbortSignal.any([signal, AbortSignal.timeout(CARRIED_WITHIN_MS)]);
    for (;;) {
      const news = watch.next([name], LOOK_MS, both);
      const reply = await callers.read(name);
      if (reply || both.aborted) return reply;
      await news;
    }
  }

  /** What became of something that was said under this key; undefined: nothing was, or it is not carried out yet. */
  async function replyTo(caller: Caller, id: string, key: string): Promise<Carried> {
    const { repository } = await own(caller, id);
    const kinds: FollowUp["kind"][] = ["answer", "tell"];
    const names = kinds.map((kind) =>
      requestNameOf(repository.id, sourceOfProgram(caller.client, followUpKey(id, kind, key))),
    );
    const replies = await Promise.all(names.map((name) => callers.read(name)));
    return replies.find((reply) => reply !== undefined);
  }

  const following = makeFollowing({ watch, own, look, isGood: deps.isGood });
  return { ask, look, plan, own, seen, replyTo, ...following, followUp, idsOf: asked.idsOf, countOf: asked.countOf };
}

const notReady = () => new Problem("unavailable", "Redis is not ready.", { retryAfterS: 5 });

const otherWish = () =>
  new Problem("conflict", "Under this key something else was asked for before. A new wish needs a key of its own.");
