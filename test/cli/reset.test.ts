/** `orch reset HOST`: what it waits for, what it forgets, and what it leaves alone. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reset } from "../../cli/reset.ts";
import { makeDeeds } from "../../src/task/deeds.ts";
import { placeOf } from "../../src/task/heartbeat.ts";
import { readHosts, register, unregister } from "../../src/task/hosts.ts";
import { keys } from "../../src/task/keys.ts";
import { offer, readOffers } from "../../src/task/offers.ts";
import { connectBlockingRedis } from "../../src/task/redis.ts";
import { makeTaskStore, type TaskStore } from "../../src/task/store.ts";
import { type ConnectedRedis, startConnectedRedis } from "../support/redis.ts";
import { LANE, makeSpec, STARTS } from "../support/task-spec.ts";
import { inProcess } from "./in-process.ts";

const [HERE, THERE] = ["h0a1b2c3d", "h99999999"];
const info = {
  ...{ place: "p", version: "0.1.0", pid: 1, slots: 1, sandbox: "bwrap" as const, agents: ["a"] },
  ...{ defaultAgent: "a", draining: false, startedAt: 1 },
};

let server: ConnectedRedis;
let store: TaskStore;
let dir: string;

beforeAll(async () => {
  server = await startConnectedRedis();
  store = makeTaskStore(server.redis);
  dir = mkdtempSync(join(tmpdir(), "orch-reset-"));
  mkdirSync(join(dir, "host", "runs"), { recursive: true });
  writeFileSync(join(dir, "host", "id"), `${HERE}\n`);
  writeFileSync(join(dir, "orch.yml"), 'defaultAgent: a\nagents:\n  a:\n    kind: plain\n    command: ["true"]\n');
});
afterAll(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

const run = (host: string, options = {}) =>
  inProcess(() =>
    reset({ REDIS_URL: server.url, ORCH_DATA: dir, ORCH_CONFIG: join(dir, "orch.yml") }, host, {
      yes: true,
      ...options,
    }),
  );

test("a living host drains first; once it is gone its leftovers here are removed and its id is forgotten", async () => {
  await register(server.redis, { ...info, id: HERE, name: "anvil" }, Date.now());
  const hears = connectBlockingRedis(server.url, "host");
  await hears.subscribe(keys.drain);
  hears.on("message", (_, id) => void unregister(server.redis, id));
  const said = await run("anvil");
  expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining(`${HERE} is forgotten`) });
  expect(said.stdout).toContain("Nothing is left over.");
  expect(await placeOf(server.redis, HERE)).toBeUndefined();
  const [deed] = await makeDeeds(server.redis).newest({ most: 9 });
  expect(deed).toMatchObject({ via: "cli", verb: "reset", done: true, host: HERE });
  hears.disconnect();
});

test("a silent one that is elsewhere is forgotten, with its word for a task whose record is there again", async () => {
  await register(server.redis, { ...info, id: THERE, name: "forge" }, Date.now() - 60_000);
  const spec = makeSpec({ commentId: 1 });
  await store.create(spec, STARTS);
  const [known] = await store.readMany([spec.id]);
  const lost = { ...known, spec: makeSpec({ commentId: 2 }) } as NonNullable<typeof known>;
  await offer(
    server.redis,
    [known, lost].map((task) => ({ host: THERE, at: 1, task: task as typeof lost })),
  );
  const said = await run(THERE, { json: true });
  expect(said.code).toBe(0);
  const offers = { withdrawn: 1, kept: [lost.spec.id] };
  expect(JSON.parse(said.stdout)).toEqual({ reset: THERE, gc: null, offers });
  expect(await readHosts(server.redis, Date.now())).toEqual([]);
  expect((await readOffers(server.redis, () => undefined)).map(({ task }) => task.spec.id)).toEqual([lost.spec.id]);
});

test("a silent one that has runs still is left alone, and so is one that nobody knows", async () => {
  await register(server.redis, { ...info, id: THERE, name: "forge" }, Date.now() - 60_000);
  const spec = makeSpec({ commentId: 3 });
  await store.create(spec, STARTS);
  await store.advance(spec.id, { name: "claimed", host: THERE, claim: "c", job: "j", lane: LANE, at: 1 });
  expect(await run(THERE)).toMatchObject({ code: 1, stderr: expect.stringContaining("is silent and has 1 run") });
  expect(await run("nobody")).toMatchObject({ code: 1, stderr: expect.stringContaining("There is no worker host") });
  expect(await run(THERE, { yes: false })).toMatchObject({ code: 1 });
  await store.advance(spec.id, { name: "ended", epoch: 1, outcome: { kind: "host_error", message: "x" }, at: 2 });
  const asked = await run(THERE, { yes: false });
  expect(asked).toMatchObject({ code: 2, stderr: expect.stringContaining("add --yes") });
});
