/**
 * Plans, the wall of sessions, hosts, stats and deeds in a real browser. A worker host is played by the store, so that what is shown is known. With
 * `ORCH_SCREENSHOTS=yes` it draws the pictures of the docs.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BrowserContextOptions, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { openPages } from "../../dashboard/dashboard.ts";
import type { DashboardDeps } from "../../dashboard/deps.ts";
import { freePort } from "../../demo/free-port.ts";
import { makeHistory } from "../../src/history/history.ts";
import { appendRunEvents } from "../../src/task/run-events.ts";
import type { TaskSpec } from "../../src/task/task-spec.ts";
import { pastRun, pastTask } from "../history/past-task.ts";
import { type BotSetting, startBotSetting } from "../support/bot.ts";
import { signIn } from "../support/dashboard.ts";
import { makeSpec } from "../support/task-spec.ts";
import { startTeam, type Team } from "../support/team.ts";
import { type Looked, openBrowser, picture, type TestBrowser } from "./browser.ts";

const NODES = [
  { id: "schema", title: "Store amounts as integers of cents" },
  { id: "sum", title: "Add exact numbers wherever money is added up", after: ["schema"] },
  { id: "price", title: "Round prices once, at the end", after: ["schema"] },
  { id: "api", title: "Serve amounts as strings", after: ["sum", "price"] },
  { id: "docs", title: "Tell of it in the manual", after: ["api"], scope: ["docs/**"] },
];

let orch: BotSetting;
let browser: TestBrowser;
let team: Team;
let folder: string;
const tasks = new Map<string, TaskSpec>();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "orch-operate-"));
  const port = await freePort();
  const historyFile = join(folder, "history.sqlite");
  orch = await startBotSetting({ dashboard: () => ({ host: "127.0.0.1", port, operators: [] }), historyFile });
  const { id, installationId } = orch.repository;
  const repository = { id, owner: "octo-org", name: "calculator" };
  const number = await orch.openIssue();
  const spec = makeSpec({ commentId: 71, installationId, repository, number, conversation: number });
  const goal = "Round once, at the end, wherever money is added";
  team = await startTeam(orch.store, { goal, nodes: NODES, home: "h0000000" }, spec);
  for (const node of ["schema", "sum", "price"]) tasks.set(node, await team.taskOf(node));
  await orch.store.plans.change(team.plan, (plan) => ({ ...plan, nodes: plan.nodes.map(merged) }), Date.now());
  for (const [name, { id: task }] of tasks) await say(task, 1, `Reading src/${name}.js`);
  await fill(historyFile);
  browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await orch?.close();
  await rm(folder, { recursive: true });
});

type Node = Awaited<ReturnType<Team["read"]>>["nodes"][number];
const merged = (node: Node): Node =>
  node.id === "schema" ? { ...node, state: { name: "merged", at: Date.now(), sha: "d".repeat(40) } } : node;

const say = (task: string, seq: number, text: string) =>
  appendRunEvents(orch.redis, { task, epoch: 1 }, [
    { id: { step: 1, seq }, event: { at: Date.now(), step: "agent-1", kind: "tool", text } },
  ]);

/** Some weeks of work by two agents. */
async function fill(file: string): Promise<void> {
  const outcomes = [
    "pull_request",
    "pull_request",
    "pull_request",
    "verify_failed",
    "no_changes",
    "host_error",
  ] as const;
  const day = 24 * 3600_000;
  const now = Date.now();
  const all = Array.from({ length: 90 }, (_, nth) => {
    const outcome = outcomes[(nth * 7) % outcomes.length] ?? "pull_request";
    const settledAt = now - (nth % 28) * day;
    const runs = [
      pastRun({
        costUsd: 0.2 + (nth % 5) / 4,
        rounds: 1 + (nth % 2),
        startedAt: settledAt - 900_000,
        endedAt: settledAt,
      }),
    ];
    const agent = nth % 3 === 0 ? "codex" : "claude";
    const isPull = outcome === "pull_request";
    return pastTask({
      ...{
        task: `tpast${nth}`,
        agent,
        outcome,
        settledAt,
        requestedAt: settledAt - 600_000 - (nth % 7) * 90_000,
        runs,
      },
      ...{ merged: isPull && nth % 4 !== 0, queuedMs: 900 + (nth % 11) * 4_000 },
    });
  });
  const history = makeHistory(file);
  await history.write({ tasks: all });
  await history.close();
}

const opened: Looked[] = [];
afterEach(() => {
  for (const { complaints } of opened.splice(0)) expect(complaints()).toEqual([]);
});

/** Signed in as the operator, on that page. */
async function look(path: string, options: BrowserContextOptions = {}): Promise<Page> {
  const url = orch.dashboardUrl();
  const { cookie } = await signIn({ url, redisUrl: orch.server.url, by: "ada" });
  const [name = "", value = ""] = cookie.split("=");
  const looked = await browser.look(options);
  opened.push(looked);
  await looked.context.addCookies([{ name, value, url }]);
  await looked.page.goto(`${url}${path}`);
  return looked.page;
}

const isLive = (page: Page) =>
  expect.poll(() => page.locator("#live").textContent(), { timeout: 20_000 }).toMatch(/^live/);
const taskOf = (node: string): string => tasks.get(node)?.id ?? "";

test("a node moves in the graph while somebody looks, and the box that has the focus keeps it", async () => {
  const page = await look(`/plans/${team.plan}`);
  await isLive(page);
  await picture(page, "plan");
  await page.evaluate("window.loadedOnce = true");
  await page.locator("#node-sum").focus();
  await orch.store.advance(taskOf("sum"), { name: "phase", epoch: 1, phase: "verifying", at: Date.now() });
  await expect.poll(() => page.locator("#node-sum").textContent(), { timeout: 10_000 }).toContain("being checked");
  expect(await page.locator("#plan-nodes").textContent()).toContain("being checked");
  expect(await page.evaluate("document.activeElement.id")).toBe("node-sum");
  expect(await page.evaluate("window.loadedOnce")).toBe(true);
  await page.keyboard.press("Enter");
  await page.waitForURL(new RegExp(`/tasks/${taskOf("sum")}$`));
});

test("what an agent says hangs on the wall a moment later, and the others stay where they are", async () => {
  const page = await look("/sessions");
  await isLive(page);
  const order = () => page.locator(".session").evaluateAll((all) => all.map((each) => each.id));
  const before = await order();
  expect(before).toHaveLength(3);
  const said = ["› the sum of 0.1 and 0.2 is off", "  ✓ 12 tests passed", "Edit src/price.js"];
  for (const [nth, text] of said.entries()) await say(taskOf("price"), nth + 2, text);
  const box = page.locator(`#row-session-${taskOf("price")}`);
  await expect.poll(() => box.textContent(), { timeout: 10_000 }).toContain("Edit src/price.js");
  expect(await order()).toEqual(before);
  await picture(page, "sessions");
});

test("all work is paused and resumed by buttons, and the log says who did it", async () => {
  const page = await look("/hosts");
  page.on("dialog", (dialog) => void dialog.accept());
  await page.getByRole("button", { name: "Pause all work" }).click();
  await page.waitForURL(/\/$/);
  await page.goto(`${orch.dashboardUrl()}/hosts`);
  expect(await page.locator("#work").textContent()).toContain("ada paused it");
  await picture(page, "hosts");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.waitForURL(/\/$/);
  await page.goto(`${orch.dashboardUrl()}/deeds`);
  expect(await page.locator("#deeds tbody tr").allTextContents()).toMatchObject([
    expect.stringMatching(/ada.*resume.*dashboard.*done/s),
    expect.stringMatching(/ada.*pause.*dashboard.*done/s),
  ]);
});

test.each([
  ["dark", { colorScheme: "dark" }],
  ["light", { colorScheme: "light" }],
  ["400 px", { viewport: { width: 400, height: 800 } }],
] as const)("%s: no page is wider than the window, and none breaks its policy", async (_name, options) => {
  const page = await look("/", options);
  for (const path of [...Object.values(pages()), "/nothing", "/login"]) {
    await page.goto(`${orch.dashboardUrl()}${path}`);
    // What keeps a page up to date, and shows output on it, is at work before it is judged.
    if ((await page.locator("body[data-view]").count()) > 0) await isLive(page);
    expect([path, await page.evaluate("document.documentElement.scrollWidth - innerWidth")]).toEqual([path, 0]);
    expect([path, await page.evaluate(CONTRAST)]).toEqual([path, true]);
  }
});

test("every page that there is was looked at", () => {
  const subscriber = { on: () => undefined, off: () => undefined, subscribe: async () => 0 };
  const { routes } = openPages({ subscriber, now: Date.now } as unknown as DashboardDeps);
  const all = routes.filter(({ method }) => method === "GET").map(({ path }) => path);
  expect(all.filter((path) => !NO_PAGES.includes(path)).sort()).toEqual(Object.keys(pages()).sort());
});

/** What is for scripts and programs. */
const NO_PAGES = [
  ...["/events", "/tasks/:id/output", "/tasks/:id/output/follow", "/tasks/:id/debug"],
  ...["/api/v1/summary", "/api/v1/tasks", "/api/v1/scale"],
];

/** Of each page one, by its route. */
const pages = (): Record<string, string> => ({
  ...Object.fromEntries(
    ["/", "/tasks", "/sessions", "/schedules", "/hosts", "/stats", "/deeds"].map((path) => [path, path]),
  ),
  "/tasks/:id": `/tasks/${taskOf("sum")}`,
  "/tasks/:id/runs/:n": `/tasks/${taskOf("sum")}/runs/1`,
  "/tasks/:id/changes": `/tasks/${taskOf("sum")}/changes`,
  "/plans/:id": `/plans/${team.plan}`,
  "/conversations/:repositoryId/:number": `/conversations/${orch.repository.id}/${team.spec.number}`,
  "/hosts/:id": "/hosts/h0000000",
});

/** Runs in the page: whether its text can be read on its ground, by the ratio that WCAG asks for. */
const CONTRAST = `(() => {
  const style = getComputedStyle(document.body);
  const light = (color) => {
    const part = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const [red, green, blue] = color.match(/[\\d.]+/g).map((value) => part(Number(value) / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [one, other] = [light(style.color), light(style.backgroundColor)].sort((a, b) => b - a);
  return (one + 0.05) / (other + 0.05) >= 7 && light(style.backgroundColor) < 0.5 === matchMedia("(prefers-color-scheme: dark)").matches;
})()`;

test("stats are grouped by what is chosen", async () => {
  const page = await look("/stats");
  expect(await page.locator("#merged").textContent()).toContain("codex");
  await picture(page, "stats");
  await page.getByLabel("For each").selectOption("repository");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/by=repository/);
  expect(await page.locator("#merged").textContent()).toContain("octo-org/calculator");
});
