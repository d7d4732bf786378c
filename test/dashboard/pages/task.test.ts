import { describe, expect, test } from "vitest";
import { runRoutes } from "../../../dashboard/pages/run.ts";
import { taskRoutes } from "../../../dashboard/pages/task.ts";
import { tasksRoutes } from "../../../dashboard/pages/tasks.ts";
import type { Rights } from "../../../dashboard/visit.ts";
import { keys } from "../../../src/task/keys.ts";
import type { Task } from "../../../src/task/task.ts";
import {
  ACCEPTED_AT,
  outcomes,
  progress,
  proposal,
  proposingTask,
  pushed,
  queuedTask,
  runningTask,
  settledTask,
  verification,
  waitingReasons,
  waitingTask,
} from "../../report/sample-tasks.ts";
import { factsOf, keeperOf, OPERATOR, personOf, visitBy } from "./sample-pages.ts";

const HOSTILE = `<img src=x onerror=alert(1)>"'\u202egnp\u001b[2J`;

/** The pages with these tasks alone. */
function pagesOf(tasks: readonly Task[], over: readonly Task[] = []) {
  const all = [...tasks, ...over];
  const at = (id: string) => all.find(({ spec }) => spec.id === id);
  const events = [
    { at: ACCEPTED_AT, what: "queued", detail: {} },
    { at: ACCEPTED_AT + 3_000, what: "claimed", detail: {} },
    { at: ACCEPTED_AT + 9_000, what: "phase", detail: { phase: "working" } },
  ];
  const deps = {
    facts: keeperOf(factsOf(tasks, over)),
    webUrl: "https://github.example",
    redis: {
      hget: async () => null,
      get: async () => null,
      scan: async () => ["0", all.map(({ spec }) => keys.task(spec.id))],
    },
    views: { teamsOf: async () => new Map() },
    callers: { read: async () => undefined },
    store: {
      read: async (id: string) => at(id),
      readMany: async (ids: readonly string[]) => ids.flatMap((id) => at(id) ?? []),
      events: async () => events,
      plans: { read: async () => undefined },
      messages: {
        sent: async () => [{ id: "m1", by: "@maintainer", at: ACCEPTED_AT, start: HOSTILE, kind: "note" }],
        dead: async () => [],
      },
    },
  } as unknown as Parameters<typeof taskRoutes>[0];
  const routes = [...taskRoutes(deps), ...runRoutes(deps), ...tasksRoutes(deps)];
  return async (
    path: string,
    params: Record<string, string> = {},
    { rights = OPERATOR, query = "" }: { rights?: Rights; query?: string } = {},
  ) => {
    const answer = await routes.find((route) => route.path === path)?.answer(visitBy(rights, { params, query }));
    return answer?.kind === "page" ? answer.body.text : answer?.kind;
  };
}

const pageOf = async (task: Task, rights?: Rights): Promise<string> => {
  const isOver = task.state.name === "settled";
  const get = pagesOf(isOver ? [] : [task], isOver ? [task] : []);
  return (await get("/tasks/:id", { id: task.spec.id }, { ...(rights && { rights }) })) ?? "";
};

const failed = settledTask(outcomes.verify_failed, { progress: { ...progress, verification } });
const NODE = { plan: "tplanplanplanpla", id: "price", try: 1, home: "h1", share: 1 };

describe("the page of a task", () => {
  test("says why it failed, what it cost of what, and how it is tried again", async () => {
    const page = await pageOf(failed);
    expect(page).toContain("still fails");
    expect(page).toContain("1 failed");
    expect(page).toMatch(/<dt>Cost of this run<\/dt><dd>.*\$0\.12/);
    expect(page).toMatch(/<dt>Cost of this task<\/dt><dd>.*\$0\.12/);
    expect(page).toMatch(/<dt>Cost today, this repository<\/dt><dd>.*\$0\.12/);
    expect(page).toContain('action="/tasks/tabcdefghijklmno/retry"');
    expect(page).not.toContain('/cancel"');
  });

  test("offers to try again with another of the agents that there are, or another model", async () => {
    const page = await pageOf(failed);
    expect(page).toMatch(/<select name="agent"><option value="">as before<\/option><option>[^<]+<\/option>/);
    expect(page).toContain('name="model"');
    expect(await pageOf(settledTask(outcomes.pull_request))).not.toContain('name="model"');
  });

  test("names its own button where one can try again, and GitHub only for what has none there", async () => {
    const page = await pageOf(failed);
    expect(page).toContain("then press Retry, or give the command again in a new comment on GitHub");
    expect(page).not.toContain("/orch retry");
    const ofNode = await pageOf({ ...failed, spec: { ...failed.spec, node: NODE } });
    expect(ofNode).not.toContain("press Retry");
  });

  test("leads to the task that does it once more, where there is one, and offers that no more as what is next", async () => {
    const again = { ...queuedTask(), spec: { ...failed.spec, id: "tzzzzzzzzzzzzzzz", retries: failed.spec.id } };
    const get = pagesOf([again], [failed]);
    const page = await get("/tasks/:id", { id: failed.spec.id });
    expect(page).toContain(
      '<strong>Tried again:</strong> <a class="task-link" href="/tasks/tzzzzzzzzzzzzzzz">tzzzzzzzzzzzzzzz</a>',
    );
    expect(page).not.toContain("press Retry");
    expect(page).toContain(`action="/tasks/${failed.spec.id}/retry"`);
  });

  test("says how its agent was chosen to whoever may see costs, and to nobody else", async () => {
    const routed: Task = {
      ...failed,
      routing: { mode: "route", class: "fix", candidates: [], chosen: "scripted", seed: "s" },
    };
    const chosen = "Its agent <code>scripted</code> was chosen by what came of earlier tasks.";
    expect(await pageOf(routed)).toContain(chosen);
    expect(await pageOf(routed, personOf([], [routed.spec.repository.id]))).not.toContain("was chosen");
  });

  test("draws its timeline to scale, and says the same in words", async () => {
    const page = await pageOf(failed);
    expect(page).toMatch(/class="seg queued" x="0" y="4" width="24\.4"/);
    expect(page).toMatch(/class="seg working" x="73\.2" y="4" width="926\.8"/);
    expect(page).toContain("working <strong>1m 54s</strong>");
  });

  test("of one at work: its phase, its deadline, cancelling and a word to its agent, and its output", async () => {
    const page = await pageOf(runningTask("working"));
    expect(page).toContain("<span>working</span>");
    expect(page).toContain('action="/tasks/tabcdefghijklmno/cancel"');
    expect(page).toContain('action="/tasks/tabcdefghijklmno/tell"');
    expect(page).toContain('data-output="/tasks/tabcdefghijklmno/output"');
    expect(page).toContain('data-view="task:tabcdefghijklmno"');
  });

  test("a question has its options as buttons, and a field", async () => {
    const question = { id: "q1a2b3c", text: "Which?", options: ["one", "two"], epoch: 1, askedAt: ACCEPTED_AT };
    const page = await pageOf({ ...waitingTask(waitingReasons.answer), questions: [question] });
    expect(page).toContain("Its agent asks you");
    expect(page).toMatch(
      /name="question" value="q1a2b3c"><input type="hidden" name="text" value="2">\s*<button type="submit">two</,
    );
    expect(page).toContain('placeholder="or another answer"');
  });

  test("says what is to come of a request, in full words, with what stood below it and the way to the plan", async () => {
    const long = `move the parser to ESM, ${"and every test of it, ".repeat(20)}please`;
    const { spec } = queuedTask({ instruction: long, details: "Keep the API.\n<!-- and obey me -->" });
    const team = await pageOf({ ...queuedTask(), spec: { ...spec, team: true } });
    expect(team).toContain(long);
    expect(team).toContain("A team of agents is to do this, by a plan");
    expect(team).toContain("&lt;!-- and obey me --&gt;");
    expect(team).not.toContain("/plans/");
    const plan = {
      ...{ goal: "ESM", facts: [], nodes: [], assumptions: [], risks: [] },
    } as unknown as NonNullable<typeof proposal.plan>;
    const proposed = { ...proposingTask(), proposal: { ...proposal, plan } };
    const proposes = await pageOf({ ...proposed, spec: { ...spec, team: true } });
    expect(proposes).toContain(`<a href="/plans/${spec.id}">The plan</a>`);
    expect(await pageOf(proposingTask())).toContain('approves that. <a href="#proposal">The proposal</a>');
    const node = await pageOf({ ...queuedTask(), spec: { ...spec, node: NODE } });
    expect(node).toContain("as the node <code>price</code> of a team&#39;s plan");
    expect(node).toContain('<a href="/plans/tplanplanplanpla">The plan</a>');
    const reader = await pageOf({ ...queuedTask(), spec: { ...spec, team: true } }, personOf([], [10]));
    expect(reader).not.toContain(long);
    expect(reader).not.toContain("Keep the API");
  });

  test("what a run may use and has used stands there, and that little is left while it goes on", async () => {
    const budget = { epoch: 1, reserved: { usd: 2 }, used: { usd: 1.7 }, low: true as const };
    const page = await pageOf(runningTask("working", { progress: { ...progress, budget } }));
    expect(page).toContain("$1.70 of $2.00; more than 80 % is used");
    const over = await pageOf(settledTask(outcomes.verify_failed, { progress: { ...progress, budget } }));
    expect(over).toContain("<dt>Budget</dt><dd>$1.70 of $2.00</dd>");
  });

  test("a proposal is shown whole, to be approved or to be asked for anew", async () => {
    const page = await pageOf(proposingTask());
    expect(page).toContain("Round once, at the end");
    expect(page).toContain("Keep the public function");
    expect(page).toContain('action="/tasks/tabcdefghijklmno/approve"');
    expect(page).toMatch(/action="\/tasks\/tabcdefghijklmno\/plan"/);
    expect(page).toContain('name="proposal" value="p3fa81c"');
  });

  test("what was pushed is told, and the diff is GitHub's", async () => {
    const page = await pageOf({ ...settledTask(outcomes.pull_request), pushed });
    expect(page).toContain('href="https://github.example/octo-org/sample/pull/8/files"');
    expect(page).toContain("+10");
    expect(page).toContain("to review");
  });

  test("the page of its worker host is linked for operators alone, as nobody else finds it", async () => {
    expect(await pageOf(failed)).toContain('href="/hosts/');
    expect(await pageOf(failed, personOf([10]))).not.toContain('href="/hosts/');
  });

  test("whoever may only read sees how it stands, and no words, costs and buttons", async () => {
    const page = await pageOf(failed, personOf([], [10]));
    expect(page).toContain("failed");
    for (const hidden of ["1 failed", "$0.12", "/retry", "data-output", "still fails"])
      expect(page).not.toContain(hidden);
  });

  test("a stranger, a task that is not there and a name that is none get the same answer", async () => {
    const get = pagesOf([runningTask("working")]);
    const id = "tabcdefghijklmno";
    expect(await get("/tasks/:id", { id }, { rights: personOf([99]) })).toBe("nothing");
    expect(await get("/tasks/:id", { id: "tzzzzzzzzzzzzzzz" })).toBe("nothing");
    expect(await get("/tasks/:id", { id: "../x" })).toBe("nothing");
    expect(await get("/tasks/:id/runs/:n", { id, n: "9" })).toBe("nothing");
    expect(await get("/tasks/:id/runs/:n", { id, n: "1" }, { rights: personOf([], [10]) })).toBe("nothing");
  });

  test.each(Object.keys(outcomes) as (keyof typeof outcomes)[])(
    "of one that ended as %s has a word, and an explanation",
    async (kind) => {
      const page = await pageOf(settledTask(outcomes[kind]));
      expect(page).toMatch(/<span class="badge \w+">/);
      expect(page).toMatch(/<div class="why" id="why"><p>(?!<\/p>)/);
    },
  );

  test("what agents and people wrote does nothing there, and is bounded", async () => {
    const long = `${HOSTILE}${"x".repeat(1_000_000)}`;
    const said = { title: long, summary: long, decisions: [long], interfaces: [long], followUps: [long] };
    const spec = { title: long, instruction: long, actor: { id: 1, login: long } };
    const shown = {
      ...progress,
      agent: long,
      model: long,
      lastLines: long,
      summary: long,
      finish: said,
      verification: { ...verification, command: long, outputTail: long },
    };
    const asks = [
      { id: "q1a2b3c", text: long, options: [long], blocker: { kind: long, needs: long }, epoch: 1, askedAt: 1 },
    ];
    const tasks: Task[] = [
      { ...runningTask("working", { progress: shown }), questions: asks },
      { ...proposingTask(), proposal: { ...proposal, said, files: [long] }, questions: asks },
      {
        ...settledTask({ kind: "agent_failed", reason: long, message: long, lastLines: long }, { progress: shown }),
        pushed: { ...pushed, branch: long },
      },
    ].map((task) => ({ ...task, spec: { ...task.spec, ...spec } }));
    for (const task of tasks) {
      const pages = [
        await pageOf(task),
        task.runs.length > 0 ? await pagesOf([task])("/tasks/:id/runs/:n", { id: task.spec.id, n: "1" }) : "",
      ];
      for (const page of pages) {
        expect(page).not.toContain("<img");
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
        expect(page).not.toMatch(/[\u202e\u001b]/);
        expect(page?.length).toBeLessThan(70_000);
      }
    }
  });
});

describe("the list of tasks", () => {
  const other: Task = {
    ...runningTask("working"),
    spec: { ...queuedTask().spec, id: "tbbbbbbbbbbbbbbb", repository: { id: 11, owner: "octo-org", name: "other" } },
  };
  const { spec } = queuedTask();
  const get = pagesOf(
    [{ ...queuedTask(), spec: { ...spec, agent: "their-own" } }, other],
    [{ ...failed, spec: { ...failed.spec, id: "tccccccccccccccc", title: "Login is slow" } }],
  );
  const list = async (query: string, rights?: Rights): Promise<string[]> => {
    const page = (await get("/tasks", {}, { query, ...(rights && { rights }) })) ?? "";
    return [...page.matchAll(/data-key="(\w+)"/g)].map(([, id]) => id ?? "");
  };

  test("has all, open ones first, and narrows by state, repository, agent and words", async () => {
    expect(await list("")).toHaveLength(3);
    expect((await list("")).at(-1)).toBe("tccccccccccccccc");
    expect(await list("state=running")).toEqual(["tbbbbbbbbbbbbbbb"]);
    expect(await list("state=verify_failed")).toEqual(["tccccccccccccccc"]);
    expect(await list("repository=Octo-Org/other")).toEqual(["tbbbbbbbbbbbbbbb"]);
    expect(await list("agent=nobody")).toEqual([]);
    expect(await list("q=slow+LOGIN")).toEqual(["tccccccccccccccc"]);
    expect(await list("q=tbbbb")).toEqual(["tbbbbbbbbbbbbbbb"]);
  });

  test("finds nothing that a viewer may not see", async () => {
    expect(await list("", personOf([11]))).toEqual(["tbbbbbbbbbbbbbbb"]);
    expect(await list("q=slow", personOf([11]))).toEqual([]);
    const page = (await get("/tasks", {}, { rights: personOf([11]) })) ?? "";
    expect(page).not.toContain("octo-org/sample");
    expect(page).not.toContain("their-own");
  });

  test("what is asked for comes back as it was written, and does nothing", async () => {
    const page =
      (await get(
        "/tasks",
        {},
        { query: new URLSearchParams({ q: HOSTILE, repository: HOSTILE, state: HOSTILE }).toString() },
      )) ?? "";
    expect(page).not.toContain("<img");
    expect(page).toContain("No task fits.");
  });
});

test("the list leads from page to page, each task once, and whoever has rights on a quiet repository alone finds its tasks behind all others", async () => {
  const failed = settledTask(outcomes.verify_failed);
  const many = Array.from({ length: 620 }, (_, nth): Task => {
    const id = `t${nth
      .toString(8)
      .replace(/./g, (digit) => "abcdefgh"[Number(digit)] ?? "")
      .padStart(15, "a")}`;
    return { ...failed, spec: { ...failed.spec, id, acceptedAt: ACCEPTED_AT - Math.floor(nth / 7) } };
  });
  const quiet = { ...failed.spec, id: "tqqqqqqqqqqqqqqq", repository: { id: 11, owner: "octo-org", name: "quiet" } };
  const all = [...many, { ...failed, spec: { ...quiet, acceptedAt: 1 } }];
  const get = pagesOf([], all);
  const keysIn = (page: string) => [...page.matchAll(/data-key="(\w+)"/g)].map(([, id]) => id ?? "");
  const found: string[] = [];
  let query: string | undefined = "state=settled";
  while (query !== undefined) {
    const page: string = (await get("/tasks", {}, { query })) ?? "";
    expect(keysIn(page).length).toBeLessThanOrEqual(100);
    found.push(...keysIn(page));
    query = /href="\/tasks\?([^"]+)" rel="next"/.exec(page)?.[1]?.replaceAll("&amp;", "&");
  }
  expect(found).toHaveLength(all.length);
  expect(new Set(found).size).toBe(all.length);
  expect(keysIn((await get("/tasks", {}, { rights: personOf([], [11]) })) ?? "")).toEqual(["tqqqqqqqqqqqqqqq"]);
});
