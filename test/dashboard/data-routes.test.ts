/** What programs read at the dashboard, over a real Redis: as much as the viewer may see. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { dataRoutes } from "../../dashboard/data-routes.ts";
import type { Rights, Visit } from "../../dashboard/visit.ts";
import { readHosts } from "../../src/task/hosts.ts";
import { makeViewReader, type ViewReader } from "../../src/views/reader.ts";
import { type Setting, startSetting } from "../dispatch/setting.ts";
import { makeSpec } from "../support/task-spec.ts";

let at: Setting;
beforeAll(async () => {
  at = await startSetting();
  await at.hostComes("h1", { agents: ["claude"], slots: 2 });
  const bot = await at.startBot();
  for (const [nth, id] of [11, 11, 12].entries()) {
    const spec = makeSpec({ commentId: 500 + nth, acceptedAt: at.now(), requestedAt: at.now() });
    await bot.accept({ ...spec, repository: { ...spec.repository, id, name: `r${id}` } });
    if (nth === 0) await at.work(spec.id, "begin");
  }
});
afterAll(() => at.close());

const OPERATOR: Rights = { isOperator: true, mayRead: async () => true, mayWrite: async () => true };
const reader = (...ids: number[]): Rights => ({
  isOperator: false,
  mayRead: async ({ repository }) => ids.includes(repository.id),
  mayWrite: async () => false,
});

async function get(path: string, rights: Rights, query = ""): Promise<unknown> {
  const { redis, store, queue, now } = at;
  const views = makeViewReader({ redis, store, queue, hosts: () => readHosts(redis, now()), now });
  const route = dataRoutes({ redis, store, views }).find((each) => each.path === path);
  if (!route || (route.operatorsOnly && !rights.isOperator)) return undefined;
  const visit = { rights, query: new URLSearchParams(query) } as unknown as Visit;
  const answer = await route.answer(visit);
  return answer.kind === "bytes" ? JSON.parse(String(answer.body)) : undefined;
}

test("an operator sees the sums of all, and of hosts", async () => {
  expect(await get("/api/v1/summary", OPERATOR)).toMatchObject({
    tasks: { waiting: 0, queued: 2, running: 1 },
    needsMe: 0,
    paused: false,
    hosts: { alive: 1, draining: 0, silent: 0, slots: 2, busySlots: 1 },
  });
  expect(await get("/api/v1/scale", OPERATOR)).toMatchObject({ wantedSlots: 3, waiting: 2, active: 1, idleSlots: 1 });
});

test("others see what stands in repositories that they may read, and nothing of hosts", async () => {
  const summary = await get("/api/v1/summary", reader(12));
  expect(summary).toMatchObject({ tasks: { waiting: 0, queued: 1, running: 0 } });
  expect(summary).not.toHaveProperty("hosts");
  expect(await get("/api/v1/summary", reader())).toMatchObject({ tasks: { queued: 0, running: 0 }, needsMe: 0 });
  expect(await get("/api/v1/tasks", reader(12))).toMatchObject({
    tasks: [{ repository: "octo-org/r12" }],
    more: false,
  });
  expect(await get("/api/v1/tasks", reader())).toMatchObject({ tasks: [] });
  expect(await get("/api/v1/scale", reader(11))).toBeUndefined();
});

test("a list is narrowed as it is asked for, bounded, and says whether there are more", async () => {
  expect(await get("/api/v1/tasks", OPERATOR, "state=running")).toMatchObject({ tasks: [{ state: "running" }] });
  expect(await get("/api/v1/tasks", OPERATOR, "repository=octo-org/R11&limit=1")).toMatchObject({
    tasks: { length: 1 },
    more: true,
  });
  for (const wrong of ["state=nothing", "limit=0", "limit=9999", "limit=x"])
    expect(await get("/api/v1/tasks", OPERATOR, wrong)).toBeUndefined();
});

test("a list that is longer than what is asked for is read on, each task once", async () => {
  const ids: string[] = [];
  let next: string | undefined;
  do {
    const query = `limit=1${next === undefined ? "" : `&behind=${next}`}`;
    const list = (await get("/api/v1/tasks", OPERATOR, query)) as { tasks: { id: string }[]; next?: string };
    ids.push(...list.tasks.map(({ id }) => id));
    next = list.next;
  } while (next !== undefined && ids.length < 10);
  expect(new Set(ids).size).toBe(3);
  expect(ids).toHaveLength(3);
  expect(await get("/api/v1/tasks", OPERATOR, "behind=nowhere")).toBeUndefined();
});

test("where a run's work is kept on a host is told to whoever may write alone", async () => {
  const { store } = at;
  const [running] = (await store.readMany(await store.openIds())).filter(({ state }) => state.name === "running");
  const checkpoint = {
    kind: "workspace" as const,
    folder: "/var/lib/orch/kept",
    at: at.now(),
    until: at.now() + 1_000,
  };
  const news = { name: "left" as const, epoch: running?.epoch ?? 0, checkpoint, at: at.now() };
  await store.change(running?.spec.id ?? "", news as unknown as Parameters<typeof store.change>[1]);
  const folder = expect.objectContaining({ folder: "/var/lib/orch/kept" });
  const writer = { ...reader(11), mayWrite: async () => true };
  for (const rights of [OPERATOR, writer])
    expect(await get("/api/v1/tasks", rights, "state=running")).toMatchObject({ tasks: [{ checkpoint: folder }] });
  const read = await get("/api/v1/tasks", reader(11), "state=running");
  expect(read).toMatchObject({ tasks: [{ state: "running" }] });
  expect(JSON.stringify(read)).not.toContain("/var/lib/orch");
});

test("of more tasks that are over than one look keeps it is said that there are more", async () => {
  const { store, redis } = at;
  const [known] = await store.readMany(await store.openIds());
  const outcome = { kind: "cancelled" as const, reason: { kind: "command" as const, by: "x" } };
  const ended = Array.from({ length: 501 }, () => ({ ...known, state: { name: "settled", at: at.now(), outcome } }));
  const fake = { ...store, readMany: async () => ended } as unknown as typeof store;
  const views = { around: async () => ({ tasks: [], hosts: [], now: at.now() }) } as unknown as ViewReader;
  const route = dataRoutes({ redis, store: fake, views }).find(({ path }) => path === "/api/v1/tasks");
  const visit = { rights: OPERATOR, query: new URLSearchParams("state=settled&limit=500") } as unknown as Visit;
  const answer = await route?.answer(visit);
  const list = answer?.kind === "bytes" ? JSON.parse(String(answer.body)) : undefined;
  expect(list).toMatchObject({ tasks: { length: 500 }, more: true });
});
