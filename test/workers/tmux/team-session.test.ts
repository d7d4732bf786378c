/** A team's session in a real tmux server: a window for each step that lives, and nobody's life depends on it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RUN_VARIABLE } from "../../../workers/sandbox/processes.ts";
import { type Machine, openMachine } from "../support/machine.ts";

let machine: Machine;
/** Of the host's next life. */
let next: Machine["sessions"];
beforeAll(async () => {
  machine = await openMachine("none");
});
afterAll(() => machine.close());

const PLAN = "taaaaaaaaaaaaaaa";
const windows = async () =>
  (await machine.tmux("list-windows", "-t", `=team-${PLAN}:`, "-F", "#{window_name}")).trim().split("\n");
/** Each as the step of a run of its own: the end of one is not that of another. */
async function start(name: string, script: string, sessions = machine.sessions) {
  const [, user] = machine.users;
  const env = { PATH: "/usr/bin:/bin", [RUN_VARIABLE]: `run-${name}-${machine.dir.slice(-6).toLowerCase()}` };
  return await sessions.start(name, await machine.step(name, script, { env, ...(user && { user }) }));
}

test("each node's step is a window of its plan's session as long as it lives, also for the host's next life", async () => {
  const [api, web] = [await start("t1", "sleep 60"), await start("t2", "sleep 60")];
  await machine.sessions.show("t1", { plan: PLAN, window: "api" });
  await machine.sessions.show("t2", { plan: PLAN, window: "web" });
  expect(await windows()).toEqual(["team", "api", "web"]);

  next = await machine.reopen();
  await next.show("t1", { plan: PLAN, window: "api" });
  expect(await windows()).toEqual(["team", "api", "web"]);
  expect(await next.plans()).toEqual([PLAN]);
  expect((await next.list()).toSorted()).toEqual(["t1", "t2"]);

  await api.stop(0);
  await expect.poll(windows).toEqual(["team", "web"]);
  const again = await start("t6", "sleep 60", next);
  await next.show("t6", { plan: PLAN, window: "api" });
  expect(await windows()).toEqual(["team", "api", "web"]);

  await next.closePlan(PLAN);
  await next.closePlan(PLAN);
  expect(await next.plans()).toEqual([]);
  expect((await next.list()).toSorted()).toEqual(["t2", "t6"]);
  await Promise.all([again.stop(0), web.stop(0)]);
});

test("a file is shown beside the nodes for as long as a process lives, once, whoever asks again", async () => {
  const step = await start("t7", "sleep 60", next);
  const [file, team] = [join(machine.dir, "it's shown"), { plan: PLAN, window: "api-servers" }];
  writeFileSync(file, "the web server is up\n");
  await next.showFile(team, { file, pid: step.pid });
  await next.showFile(team, { file, pid: step.pid });
  expect(await windows()).toEqual(["team", "api-servers"]);
  const shown = () => machine.tmux("capture-pane", "-p", "-t", `=team-${PLAN}:=api-servers`);
  await expect.poll(shown).toContain("the web server is up");
  await step.stop(0);
  await expect.poll(windows, { timeout: 5_000 }).toEqual(["team"]);
  await next.closePlan(PLAN);
});

test("a step that has ended is shown nowhere, and a name that tmux would misread is refused", async () => {
  const step = await start("t3", "true", next);
  await step.ended;
  await expect.poll(() => next.list()).not.toContain("t3");
  await next.show("t3", { plan: PLAN, window: "api" });
  expect(await windows()).toEqual(["team"]);
  await expect(next.show("t3", { plan: "a:b", window: "api" })).rejects.toThrow("not a name");
  await next.closePlan(PLAN);
});

test("whoever watches only can go from window to window, and can type into none", async () => {
  const steps = [await start("t4", "sleep 60", next), await start("t5", "sleep 60", next)];
  await next.show("t4", { plan: PLAN, window: "api" });
  await next.show("t5", { plan: PLAN, window: "web" });
  const bound = await machine.tmux("list-keys", "-T", "prefix");
  expect(bound).toMatch(/^bind-key\s+-T prefix n\s+switch-client -t :\+$/m);
  expect(bound).toMatch(/^bind-key\s+-T prefix p\s+switch-client -t :-$/m);
  await Promise.all(steps.map((step) => step.stop(0)));
  await next.closePlan(PLAN);
});
