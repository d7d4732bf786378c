import { describe, expect, test } from "vitest";
import { frontRoutes } from "../../../dashboard/pages/front.ts";
import type { Facts } from "../../../dashboard/rows/facts.ts";
import type { Rights } from "../../../dashboard/visit.ts";
import type { Task } from "../../../src/task/task.ts";
import {
  ACCEPTED_AT,
  around,
  outcomes,
  progress,
  proposingTask,
  queuedTask,
  runningTask,
  settledTask,
  waitingReasons,
  waitingTask,
} from "../../report/sample-tasks.ts";
import { factsOf, keeperOf, OPERATOR, personOf, visitBy } from "./sample-pages.ts";

async function front(facts: Facts, rights: Rights = OPERATOR): Promise<string> {
  const answer = await frontRoutes({ facts: keeperOf(facts) })[0]?.answer(visitBy(rights));
  if (answer?.kind !== "page") throw new Error("no page");
  return answer.body.text;
}

/** What stands in the list of that name. */
const listOf = (page: string, id: string): string =>
  new RegExp(`<tbody id="${id}">([\\s\\S]*?)</tbody>`).exec(page)?.[1] ?? "";

const named = (task: Task, letter: string, more: Partial<Task["spec"]> = {}): Task => ({
  ...task,
  spec: {
    ...task.spec,
    id: `t${letter.repeat(15)}`,
    number: letter.charCodeAt(0),
    conversation: letter.charCodeAt(0),
    ...more,
  },
});

const asking = named(
  {
    ...waitingTask(waitingReasons.answer),
    questions: [{ id: "q1a2b3c", text: "Keep the column?", options: ["drop", "keep"], epoch: 1, askedAt: ACCEPTED_AT }],
  },
  "a",
);

describe("the first page", () => {
  test("a pull request waits for its review also while a task is at work on its issue, but not while one works on it", async () => {
    const over = named(settledTask(outcomes.pull_request), "f");
    const { number } = outcomes.pull_request;
    const onIssue = named(runningTask("working"), "c", {
      number: over.spec.number,
      conversation: over.spec.conversation,
    });
    expect(listOf(await front(factsOf([onIssue], [over])), "needs")).toContain("<span>to review</span>");
    const target = { kind: "pull" as const, defaultBranch: "main", headRef: "orch/1", headSha: "0", baseRef: "main" };
    const onPull = named(runningTask("working"), "c", { number, conversation: over.spec.conversation, target });
    expect(listOf(await front(factsOf([onPull], [over])), "needs")).not.toContain("<span>to review</span>");
  });

  test("says in this order who needs somebody, what runs, what waits and why, and what is over", async () => {
    const page = await front(
      factsOf(
        [asking, named(proposingTask(), "b"), named(runningTask("working"), "c"), named(queuedTask(), "d")],
        [
          named(settledTask(outcomes.verify_failed), "e"),
          named(settledTask(outcomes.pull_request), "f"),
          named(settledTask(outcomes.no_changes), "g"),
        ],
      ),
    );
    const at = ["Needs you", "Running", "Waiting", "Hosts", "Recently over"].map((title) =>
      page.indexOf(`-title">${title}`),
    );
    expect(at).toEqual([...at].sort((one, other) => one - other));
    expect(Math.min(...at)).toBeGreaterThan(0);
    const needs = listOf(page, "needs");
    expect(needs).toMatch(/asks[\s\S]*Keep the column\?/);
    for (const word of ["asks", "proposes", "failed", "to review"]) expect(needs).toContain(`<span>${word}</span>`);
    expect(needs).toContain('action="/tasks/taaaaaaaaaaaaaaa/answer"');
    expect(needs).toContain('action="/tasks/tbbbbbbbbbbbbbbb/approve"');
    expect(needs).toContain('action="/tasks/teeeeeeeeeeeeeee/retry"');
    expect(listOf(page, "running")).toMatch(/working[\s\S]*The sum is off by one\.[\s\S]*\$0\.12/);
    expect(listOf(page, "waiting")).toContain("The next free slot takes the task");
    expect(listOf(page, "over")).toContain("no changes");
    expect(page).toContain("<title>(4) Overview");
  });

  test("marks a run that has used most of its budget, to whoever sees costs, and lists one that a limit has ended as to be repaired", async () => {
    const budget = { epoch: 1, reserved: { usd: 2 }, used: { usd: 1.7 }, low: true as const };
    const low = named(runningTask("working", { progress: { ...progress, budget } }), "c");
    const spent = named(runningTask("working", { progress: { ...progress, budget: { ...budget, spent: true } } }), "d");
    const over = named(settledTask(outcomes.over_limit), "f");
    const page = await front(factsOf([low, spent], [over]));
    expect(listOf(page, "running")).toMatch(/over 80 % of its budget[\s\S]*budget used up/);
    expect(listOf(page, "needs")).toContain("may use 768 MB of memory together");
    expect(await front(factsOf([low, spent]), personOf([], [10]))).not.toContain("budget");
  });

  test("leads from a task that is over to the one that does it once more, and offers that no more", async () => {
    const over = named(settledTask(outcomes.agent_failed), "e");
    const queued = named(queuedTask(), "f");
    const again = { ...queued, spec: { ...queued.spec, retries: over.spec.id } };
    const [before, after] = [await front(factsOf([], [over])), await front(factsOf([again], [over]))];
    expect(before).toContain(`action="/tasks/${over.spec.id}/retry"`);
    expect(after).not.toContain(`action="/tasks/${over.spec.id}/retry"`);
    expect(listOf(after, "over")).toMatch(/tried again: <a [^>]*href="\/tasks\/tf{15}"/);
  });

  test("shows each task once", async () => {
    const page = await front(
      factsOf([{ ...asking, state: runningTask("working").state }, named(runningTask("working"), "c")]),
    );
    expect(page.match(/id="row-[^"]*taaaaaaaaaaaaaaa/g)).toHaveLength(1);
    expect(listOf(page, "running")).not.toContain("taaaaaaaaaaaaaaa");
  });

  test("keeps what runs in the order in which it began", async () => {
    const at = (task: Task, since: number): Task => ({ ...task, state: { ...task.state, since } as Task["state"] });
    const [first, second] = [
      at(named(runningTask("working"), "z"), 1_000),
      at(named(runningTask("preparing"), "y"), 2_000),
    ];
    for (const tasks of [
      [first, second],
      [second, first],
    ])
      expect(listOf(await front(factsOf(tasks)), "running")).toMatch(/tz{15}[\s\S]*ty{15}/);
  });

  test("says what to do where there is nothing", async () => {
    const page = await front(factsOf([], [], { hosts: [] }));
    expect(page).toContain("Nothing needs you.");
    expect(page).toContain("No agent is at work.");
    expect(page).toContain("<code>npm start</code> runs one here.");
  });

  test("what anybody wrote stands there as they wrote it, and does nothing", async () => {
    const hostile = `<img src=x onerror=alert(1)>"'\u202egnp\u001b[2J`;
    const task = named(
      runningTask("working", {
        progress: { ...progress, agent: hostile, lastLines: `${hostile}\n${"x".repeat(1_000_000)}${hostile}` },
      }),
      "a",
      {
        title: hostile,
        instruction: hostile,
        actor: { id: 1, login: hostile },
      },
    );
    const asks: Task = {
      ...asking,
      spec: { ...asking.spec, id: "tbbbbbbbbbbbbbbb", title: "y".repeat(1_000_000) },
      questions: [{ id: "q1a2b3c", text: hostile, options: [hostile], epoch: 1, askedAt: 1 }],
    };
    const bad = named(settledTask({ kind: "pull_request", number: 8, url: "javascript:alert(1)" }), "c");
    const hosts = around.hosts.map((host) => ({ ...host, name: hostile, agents: [hostile] }));
    const page = await front(factsOf([task, asks], [bad], { hosts }));
    expect(page).toContain("&lt;img src=x onerror=alert(1)&gt;");
    expect(page).not.toContain("<img");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(page).not.toMatch(/[\u202e\u001b]/);
    expect(page).not.toContain("javascript:");
    expect(page.length).toBeLessThan(60_000);
  });

  test("whoever may only read sees that there is a task, and none of its words, costs and buttons", async () => {
    const facts = factsOf([asking, named(runningTask("working"), "c")]);
    const page = await front(facts, personOf([], [10]));
    expect(page).toContain("octo-org/sample");
    for (const hidden of ["Keep the column", "The sum is off by one", "$0.12", "/cancel", "/answer", "builder-1 ·"])
      expect(page.replace(/builder-1 · try/g, "")).not.toContain(hidden);
    expect(page).not.toContain('id="hosts-title"');
  });

  test("to a stranger nothing is there, in lists, sums and counts", async () => {
    const over = [named(settledTask(outcomes.verify_failed), "e")];
    const page = await front(
      factsOf([asking, named(runningTask("working"), "c"), named(queuedTask(), "d")], over),
      personOf([99]),
    );
    expect(page).not.toContain("octo-org");
    expect(page).not.toContain("t".concat("e".repeat(15)));
    expect(page).toContain("$0.00");
    expect(page).toMatch(/data-total="running">0</);
    expect(page).toContain("<title>Overview");
  });

  test("two hundred open tasks come in less than 30 kB, and soon", async () => {
    const { gzipSync } = await import("node:zlib");
    const letters = "abcdefghijklmnopqrstuvwxyz";
    const tasks = Array.from({ length: 200 }, (_, nth) => {
      const kinds = [runningTask("working"), queuedTask(), waitingTask(waitingReasons.limit), asking];
      const id = `t${letters[Math.floor(nth / 26)]}${letters[nth % 26]}${"a".repeat(13)}`;
      return named(kinds[nth % kinds.length] as Task, "a", {
        id,
        number: nth,
        conversation: nth,
        title: `Task ${nth} ${id}`,
      });
    });
    const facts = factsOf(tasks);
    const page = await front(facts);
    expect(gzipSync(page).length).toBeLessThan(30_000);
    const began = performance.now();
    await front(facts);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
