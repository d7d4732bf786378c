/** There is one door: whatever asks is a request in the inbox, and needs nothing but that to become a task that is told of. */
import { globSync, readFileSync } from "node:fs";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type Request, requestNameOf, taskIdIn } from "../../src/intake/request.ts";
import { takeBack } from "../../src/intake/take-in.ts";
import { makeCallerReplies } from "../../src/task/caller-replies.ts";
import { asksByItself, type OriginKind, type Source } from "../../src/task/origin.ts";
import { type BotSetting, MAINTAINER, STRANGER, startBotSetting } from "../support/bot.ts";
import { origins } from "../support/origins.ts";

/** A plan's nodes and a review's rounds come through no door. */
type Kind = Exclude<OriginKind, "node" | "round">;

/** What is said of each kind; `WHO` stands for the person, `TASK` for the short id. The record makes the compiler ask for a new one. */
const said: Record<Kind, { asked: string; takenBack: string; again: string }> = {
  comment: {
    asked: "WHO asked:",
    takenBack: "`maintainer` deleted the comment with the command, so",
    again: "comment `/orch retry TASK`.",
  },
  body: {
    asked: "WHO asked in the description:",
    takenBack: "`maintainer` took back what the description asked for, so",
    again: "comment `/orch retry TASK`.",
  },
  review_comment: {
    asked: "WHO asked in a review comment:",
    takenBack: "`maintainer` deleted the comment with the command, so",
    again: "comment `/orch retry TASK`.",
  },
  review: {
    asked: "WHO asked in a review:",
    takenBack: "`maintainer` took back the review with the command, so",
    again: "comment `/orch retry TASK`.",
  },
  label: {
    asked: "WHO set the label `orch`:",
    takenBack: "`maintainer` removed the label `orch`, so",
    again: "set the label `orch` again.",
  },
  check: {
    asked: "WHO asked for it at the check:",
    takenBack: "`maintainer` took back what was asked for at the check, so",
    again: "re-run the check.",
  },
  schedule: {
    asked: "The schedule `nightly` asked:",
    takenBack: "`maintainer` took back what the schedule `nightly` asked for, so",
    again: "comment `/orch retry TASK`, or wait for the schedule.",
  },
  cli: {
    asked: "The operator `root` asked:",
    takenBack: "`maintainer` took back what the operator `root` asked for, so",
    again: "comment `/orch retry TASK`.",
  },
  api: {
    asked: "WHO asked by `ci`:",
    takenBack: "`maintainer` took back what was asked by `ci`, so",
    again: "ask for it again under a key of its own.",
  },
  dashboard: {
    asked: "WHO asked at the dashboard:",
    takenBack: "`maintainer` took back what was asked for at the dashboard, so",
    again: "comment `/orch retry TASK`.",
  },
};
const KINDS = Object.keys(said) as Kind[];

const instructionOf = (kind: Kind) => `fix it for ${kind.replace("_", " ")}`;

type Asked = { kind: Kind; request: Request; id: string; url: string };

let orch: BotSetting;
beforeAll(async () => {
  orch = await startBotSetting();
});
afterAll(() => orch.close());

/** As the event's own file makes it: nothing else knows of the kind. Each is of an event of its own. */
async function requestOf(kind: Kind, login = MAINTAINER): Promise<Asked> {
  const number = await orch.openIssue();
  const { id } = await orch.comment(number, "No command.");
  const { id: repositoryId, owner, name, fullName, installationId } = orch.repository;
  const url = `${orch.github.url}/${fullName}/issues/${number}#issuecomment-${id}`;
  const own: Record<Kind, object> = {
    comment: { id, url },
    body: { id: number, url },
    review_comment: { id, url },
    review: { id, url },
    label: { digest: `${id}` },
    check: { digest: `${id}` },
    schedule: { dueAt: id },
    cli: { key: `${id}` },
    api: { key: `${id}` },
    dashboard: { key: `${id}` },
  };
  const { line: _, ...source } = { line: 1, ...origins[kind], ...own[kind] };
  const at = Date.now();
  const request: Request = {
    installationId,
    repository: { id: repositoryId, owner, name, defaultBranch: "main" },
    number,
    on: "issue",
    source: source as Source,
    ...(!asksByItself(source as Source) && { actor: { id: orch.github.createUser(login).id, login } }),
    commands: [{ line: 1, kind: "task", instruction: instructionOf(kind) }],
    requestedAt: at,
    receivedAt: at,
    delivery: "d",
  };
  return { kind, request, id: taskIdIn(request, 1), url };
}

/** One of every kind; a comment that is delivered has the bot look into its inbox. */
async function askAll(login?: string): Promise<Asked[]> {
  const all: Asked[] = [];
  for (const kind of KINDS) all.push(await requestOf(kind, login));
  for (const { request, kind } of all) expect(await orch.inbox.record(request), kind).toBe(true);
  await orch.comment(await orch.openIssue(), "/orch help");
  await orch.quiet();
  return all;
}

const bodies = (number: number) => orch.github.state.comments(orch.repository, number).map(({ body }) => body);
const progressComment = async ({ request, id }: Asked, text: string) =>
  await vi.waitFor(
    () => {
      const body = bodies(request.number).find((each) => each.includes(`Task \`${id}\``)) ?? "";
      expect(body).toContain(text);
      return body;
    },
    { timeout: 20_000, interval: 10 },
  );
/** GitHub takes reactions to these. */
const REACTED: Partial<Record<Kind, (asked: Asked) => string>> = {
  comment: ({ url }) => `/issues/comments/${url.split("-").at(-1)}/reactions`,
  body: ({ request }) => `/issues/${request.number}/reactions`,
  review_comment: ({ url }) => `/pulls/comments/${url.split("-").at(-1)}/reactions`,
};
/** Of which kinds that was asked for is reacted to. */
const isReactedTo = (asked: Asked): boolean => {
  const reactions = Object.values(REACTED).map((pathOf) => pathOf(asked));
  return orch.github.requests().some(({ path }) => reactions.some((each) => path.endsWith(each)));
};

describe("a request of every kind", () => {
  test("becomes one task, which is told of in the words of its kind, and reacted to where GitHub takes that", async () => {
    const all = await askAll();
    for (const asked of all) {
      const { kind, request, id, url } = asked;
      const { repository, number } = request;
      expect(await orch.inbox.record(request), kind).toBe(false);
      expect(await orch.store.idsOfIssue(repository.id, number), kind).toEqual([id]);
      const task = await orch.store.read(id);
      expect(task?.spec, kind).toMatchObject({ origin: request.source, instruction: instructionOf(kind) });
      expect(task?.state.name, kind).toBe("queued");
      const who = "id" in request.source ? `[maintainer](${url})` : "maintainer";
      const body = await progressComment(asked, said[kind].asked.replace("WHO", who));
      expect(body, kind).toContain(`> ${instructionOf(kind)}`);
    }
    expect(await orch.queue.depth()).toMatchObject({ waiting: all.length });
    const reacted = all.filter(isReactedTo).map(({ kind }) => kind);
    expect(reacted.toSorted()).toEqual(Object.keys(REACTED).toSorted());
  });

  test("is refused to a stranger in a reply, a program's and one at the dashboard where it was made, and reacted to where GitHub takes that", async () => {
    const byPeople = (await askAll(STRANGER)).filter(({ request }) => request.actor !== undefined);
    expect(byPeople).toHaveLength(KINDS.length - 2);
    for (const asked of byPeople) {
      const { kind, request, id } = asked;
      expect(await orch.store.read(id), kind).toBeUndefined();
      const refusal = expect.stringContaining("write permission");
      const told = await makeCallerReplies(orch.redis).read(requestNameOf(request.repository.id, request.source));
      const isApart = kind === "api" || kind === "dashboard";
      expect(told, kind).toEqual(isApart ? { done: false, say: refusal } : undefined);
      expect(orch.replies(request.number), kind).toEqual(isApart ? [] : [refusal]);
      expect(isReactedTo(asked), kind).toBe(kind in REACTED);
    }
  });

  test("that is taken back ends its task, and says by whom and how to ask again", async () => {
    const log = pino({ level: "silent" });
    for (const asked of await askAll()) {
      const { kind, request } = asked;
      const name = requestNameOf(request.repository.id, request.source);
      const deps = { store: orch.store, queue: orch.queue, now: Date.now, log };
      await takeBack(deps, { issue: `${request.repository.id}-${request.number}`, name }, MAINTAINER);
      const body = await progressComment(asked, said[kind].takenBack);
      expect(body, kind).toContain(
        `If it should be done after all, ${said[kind].again.replace("TASK", asked.id.slice(0, 8))}`,
      );
    }
  });

  test("that is taken back before it comes starts nothing", async () => {
    for (const kind of KINDS) {
      const { request, id } = await requestOf(kind);
      const name = requestNameOf(request.repository.id, request.source);
      await orch.inbox.deleted(name, MAINTAINER, { known: false });
      expect(await orch.inbox.record(request), kind).toBe(false);
      expect(await orch.inbox.read(name), kind).toEqual({ kind: "deleted", by: MAINTAINER });
      expect(await orch.inbox.first(`${request.repository.id}-${request.number}`), kind).toBeUndefined();
      expect(await orch.store.read(id), kind).toBeUndefined();
    }
  });
});

test("no file names a kind of origin but the one that makes it of its event, and where kinds are read and told", () => {
  const named = new RegExp(`(?:kind: (?:z\\.literal\\()?|[=!]== )"(?:${KINDS.join("|")})"`);
  const files = globSync("{src,a2a,workers,cli}/**/*.ts").filter((path) => named.test(readFileSync(path, "utf8")));
  expect(files.toSorted()).toEqual([
    "src/events/on-api.ts",
    "src/events/on-check.ts",
    "src/events/on-cli.ts",
    "src/events/on-comment.ts",
    "src/events/on-dashboard.ts",
    "src/events/on-label.ts",
    "src/events/on-opened.ts",
    "src/events/on-review.ts",
    "src/events/on-schedule.ts",
    "src/intake/request.ts", // names and records of before there were other origins
    "src/task/format-1.ts",
    "src/task/origin.ts",
  ]);
});
