/** The pages beside the first one and those of tasks: whatever stands in records, they are sound HTML, and say what they are to say. */
import { describe, expect, test } from "vitest";
import type { Html } from "../../../dashboard/html.ts";
import { html } from "../../../dashboard/html.ts";
import { conversationBody } from "../../../dashboard/pages/conversation.ts";
import { deedsBody } from "../../../dashboard/pages/deeds.ts";
import { hostBody as bodyOfHost, hostBlocks } from "../../../dashboard/pages/host.ts";
import { type FormedNow, type HostsView, hostsBlocks } from "../../../dashboard/pages/hosts.ts";
import { planBody } from "../../../dashboard/pages/plan.ts";
import { schedulesBody as bodyOfSchedules, schedulesBlocks } from "../../../dashboard/pages/schedules.ts";
import { sessionKey, sessionRow, sessionsBody, WALL_LINES } from "../../../dashboard/pages/sessions.ts";
import { statsBody } from "../../../dashboard/pages/stats.ts";
import type { Block, Seen } from "../../../dashboard/rows/drawing.ts";
import { askedView } from "../../../src/views/asked-view.ts";
import type { HostWithRuns } from "../../../src/views/hosts.ts";
import type { SchedulesView } from "../../../src/views/schedules.ts";
import { askedChange } from "../../report/sample-plans.ts";
import { HIDDEN, hostile, pageFaults } from "../page-faults.ts";
import {
  conversation,
  deeds,
  host,
  now,
  person,
  plan,
  proposed,
  schedules,
  sessions,
  stats,
  visit,
} from "./operate-samples.ts";

/** Its manager wants more than was approved. */
const asking = { ...plan, view: { ...plan.view, ...askedView({ state: "running", asked: askedChange }) } };

const SEEN: Seen = { isOperator: true, regions: [], tierOf: () => "write" };
const drawn = (blocks: readonly Block[]) => new Map(blocks.map((block) => [block.id, block.html(SEEN)]));
const hostBody = (of: typeof host, page: FormedNow) => bodyOfHost(drawn(hostBlocks(of, page)));
const hostsBody = (of: HostsView, page: FormedNow) => html`${[...drawn(hostsBlocks(of, page)).values()]}`;
const schedulesBody = (of: SchedulesView, at: number) => bodyOfSchedules(drawn(schedulesBlocks(() => of, at)));

const pages: Record<string, (change: <Data>(data: Data) => Data) => Html> = {
  hosts: (change) => hostsBody(change({ hosts: [host], pause: { since: now, by: "ada" } }), visit),
  host: (change) => hostBody(change(host), visit),
  schedules: (change) => schedulesBody(change(schedules), now),
  deeds: (change) => deedsBody(change({ deeds, hasMore: true }), now),
  stats: (change) => statsBody(change(stats), { by: "agent", days: 30 }),
  conversation: (change) => conversationBody(change(conversation), "write", now),
  plan: (change) => planBody(change(plan), "write", visit),
  "plan with a change that waits": (change) => planBody(change(asking), "write", visit),
  "proposed plan": (change) => planBody(change(proposed), "write", visit),
  sessions: (change) => {
    const rows = change(sessions).map((each) => ({
      key: sessionKey(each),
      tier: "write" as const,
      html: sessionRow(each, "write", now),
    }));
    return sessionsBody({ id: "wall", rows, total: rows.length });
  },
};

/** Fields of which the code decides what they are. */
const CODE = new Set([
  "via",
  "state",
  "kind",
  "name",
  "phase",
  "outcome",
  "end",
  "how",
  "for",
  "conversationPath",
  "of",
  "day",
  "what",
  "doubt",
  "deadline",
  "id",
]);
const isCode = (key: string): boolean => CODE.has(key);
/** Records may name anything as they like, too, where it is no word of ours. */
const everyName = (key: string): boolean => CODE.has(key) && key !== "id";

describe.each(Object.entries(pages))("the page %s", (_name, draw) => {
  test("is sound", () => {
    expect(pageFaults(draw((data) => data).text)).toEqual([]);
  });

  test.each([
    ["text", isCode],
    ["text and every id", everyName],
  ])("is sound where every %s is hostile, and shows that as it is", (_which, isOurs) => {
    const { text } = draw((data) => hostile(data, isOurs));
    expect(pageFaults(text)).toEqual([]);
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  test("has nothing that a terminal or the order of letters would obey, and cuts each text, where all are like that and very long", () => {
    const { text } = draw((data) => hostile(data, isCode, `${HIDDEN}${"x".repeat(100_000)}${HIDDEN}`));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
    expect(/[\u001b\u0007\u009b\u202e]/.test(text)).toBe(false);
    const longest = Math.max(0, ...[...text.matchAll(/x{100,}/g)].map(([found]) => found.length));
    expect(longest).toBeLessThanOrEqual(64 * 1024);
  });
});

test("a host says what it offers, what is at work there and which limits hold, and how old all of that is", () => {
  const { text } = hostBody(host, visit);
  for (const part of [
    "2 of 5",
    "model-1",
    "planner",
    "4s ago",
    "Run the agent",
    "agent&#39;s whole work",
    "1h",
    "$5.00",
  ])
    expect(text).toContain(part);
  expect(text).toContain('action="/hosts/h1/drain"');
});

test.each<[string, Partial<HostWithRuns>]>([
  ["is silent", { alive: false }],
  ["drains already", { draining: true }],
])("a host that %s is not offered to be drained", (_which, changes) => {
  expect(hostBody({ ...host, ...changes }, visit).text).not.toContain("/drain");
});

test("a host says what a run may use of its machine, and what its canary came to", () => {
  const held: HostWithRuns = {
    ...host,
    inForce: [{ what: "memory", most: 512 * 1024 ** 2, by: "cgroup2" }],
    canary: { askedAt: now - 61_000, at: now - 60_000, ms: 900 },
  };
  expect(hostBody(held, visit).text).toMatch(/A run may use<\/dt><dd>at most .* of memory \(control groups v2\)/);
  expect(hostBody(held, visit).text).toMatch(/Canary<\/dt><dd>went through queue and sandbox .*1m ago/);
  expect(hostsBody({ hosts: [held] }, visit).text).toContain("of memory (control groups v2)");
  expect(hostsBody({ hosts: [{ ...host, inForce: [] }] }, visit).text).toContain("as much as it wants");
  const failing = { ...held, canary: { askedAt: now - 61_000, at: now - 60_000, failed: "no bwrap" } };
  expect(hostBody(failing, visit).text).toMatch(/Canary<\/dt><dd>failed .*: no bwrap/);
});

test.each<[string, Partial<HostWithRuns>]>([
  ["cannot work", { cannotWork: { since: now - 60_000, why: "no bwrap" } }],
  ["takes no task", { strained: { memory: { freeBytes: 1, wantedBytes: 2 } } }],
])("a host that is alive and %s is not shown as one that is well", (word, change) => {
  const { text } = hostsBody({ hosts: [{ ...host, ...change }] }, visit);
  expect(text).toContain(`<span>${word}</span>`);
  expect(text).not.toContain("<span>alive</span>");
});

test("work can be paused, or resumed, never both", () => {
  const running = hostsBody({ hosts: [host] }, visit).text;
  const paused = hostsBody({ hosts: [host], pause: { since: now - 60_000, by: "ada" } }, visit).text;
  expect([running.includes("/queue/pause"), running.includes("/queue/resume")]).toEqual([true, false]);
  expect([paused.includes("/queue/pause"), paused.includes("/queue/resume")]).toEqual([false, true]);
  expect(paused).toContain("ada paused it");
});

test("a schedule that was skipped says why, in the words of the command line", () => {
  expect(schedulesBody(schedules, now).text).toContain(
    "Skipped because its last task, <code>tabc</code>, is not over.",
  );
});

test("whoever may only read sees a plan's graph and its nodes, and neither costs, nor words, nor buttons", () => {
  const { text } = planBody(proposed, "read", person);
  expect(text).toContain("plan-graph");
  expect(text).toContain("Add exact numbers");
  for (const kept of ["<form", "May use", "What it is to do", "Said within the team", "Budgets"])
    expect(text).not.toContain(kept);
});

test.each([
  ["proposed", proposed],
  ["at work", plan],
])(
  "a plan that is %s says of each node what its agent is given to read, what runs beside it, and what if it cannot be done",
  (_how, of) => {
    const { text } = planBody(of, "write", visit);
    expect(text).toContain("Is given to read</span> <code>src/index.js</code>, <code>test/add.test.js</code>");
    expect(text).toContain("Beside it run</span> <code>web</code>");
    expect([...text.matchAll(/the others go on without it/g)]).toHaveLength(1);
    expect([...text.matchAll(/Is given to read/g)]).toHaveLength(1);
    expect(planBody(of, "read", person).text).not.toContain("src/index.js");
  },
);

test("a plan about which somebody is to decide can be approved, changed and cancelled, by its name", () => {
  const { text } = planBody(proposed, "write", visit);
  for (const deed of ["approve", "plan", "cancel"]) expect(text).toContain(`action="/tasks/tabcdefghijklmno/${deed}"`);
  expect(text).toContain('name="proposal" value="p3fa81c"');
  expect(planBody(plan, "write", visit).text).not.toContain("/approve");
});

test("a change of a plan that waits for a word is shown whole to whoever may write, with what to do about it, and to nobody else", () => {
  const { text } = planBody(asking, "write", visit);
  for (const part of [
    "infra/**",
    "it may have 6",
    "What it is to do",
    "would be told",
    "Left out",
    `value="${askedChange.name}"`,
  ])
    expect(text).toContain(part);
  for (const deed of ["approve", "plan"]) expect(text).toContain(`action="/tasks/tabcdefghijklmno/${deed}"`);
  expect(planBody(asking, "read", person).text).not.toContain(askedChange.name);
});

test("whoever may only read sees of a conversation what GitHub shows, and no costs and no words", () => {
  const writer = conversationBody(conversation, "write", now).text;
  const reader = conversationBody(conversation, "read", now).text;
  for (const part of ["Keep it?", "Half up?", "$0.12", "Budgets", "Round once"]) {
    expect(writer).toContain(part);
    expect(reader).not.toContain(part);
  }
  expect(reader).toContain("fix the failing tests");
});

test("an address that is none of the web's is no link", () => {
  const pulls = [{ number: 12, url: "javascript:alert(1)" }];
  expect(conversationBody({ ...conversation, pulls }, "write", now).text).not.toContain("javascript:");
});

test("stats tell failed work from what could not be run, and how sure a share is", () => {
  const { text } = statsBody(stats, { by: "agent", days: 30 });
  for (const part of ["work failed", "could not run", "55 %", "42–67 %", "$1.43", "10m 40s", "at least"])
    expect(text).toContain(part);
  expect([...text.matchAll(/<section class="panel"/g)]).toHaveLength(10);
});

test("stats of a time in which nothing was over say so", () => {
  expect(statsBody({ ...stats, groups: [] }, { by: "kind", days: 7 }).text).toContain("No task came to an end");
});

test("a session shows its last lines and no more, and to readers none of them", () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const session = { ...(sessions[1] as (typeof sessions)[1]), lines };
  const { text } = sessionRow(session, "write", now);
  expect(text).not.toContain(`line ${39 - WALL_LINES}\n`);
  expect(text).toContain("line 39</pre>");
  expect(sessionRow(session, "read", now).text).not.toContain("line 39");
  expect(sessionRow({ ...session, lastOutputAt: undefined }, "write", now).text).not.toContain("not a word yet");
});

test("sessions of a team on one issue are told apart by their nodes", () => {
  const [session] = sessions;
  if (!session) throw new Error("no session");
  const origin = { kind: "node" as const, plan: "tplanplanplanpla", node: "price", try: 1 };
  const { text } = sessionRow({ ...session, task: { ...session.task, origin } }, "read", now);
  expect(text).toContain("node <code>price</code>");
});

test("a deed says who did what to what, and whether it came to something", () => {
  const { text } = deedsBody({ deeds, hasMore: true }, now);
  for (const part of [
    "ada",
    "operator",
    "pause",
    "octo-org/sample#7",
    "refused",
    "nothing to cancel",
    'href="/hosts/h1"',
    "before=0-1",
  ])
    expect(text).toContain(part);
});
