/** Nodes of a plan that need the repository's servers: these run beside their agents, people see them, and nothing of them is left. */
import { execFileSync } from "node:child_process";
import { globSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { readKeptOutput, unpackOutput } from "../../src/task/kept-output.ts";
import { readText } from "../../workers/sandbox/processes.ts";
import { socketPath } from "../../workers/tmux/server.ts";
import type { Orch } from "../support/orch.ts";
import { startPlanAtWork } from "../support/plan-at-work.ts";
import { INTEGRATION, startScripted, turnsBegun, untilLetGo } from "../support/scripted-team.ts";

let orch: Orch;
afterEach(async () => await orch.close());

async function startWith(...given: Parameters<typeof startScripted>): Promise<void> {
  orch = await startScripted(...given);
}

const PORT = 45_321;
const LISTENS = `TCP-LISTEN:${PORT},bind=127.0.0.1,reuseaddr,fork`;
/** `STAGE` is a variable that the agent is given. */
const servers = `servers:
  store:
    command: echo "stage=$STAGE"; echo store is up; sleep 600
    prints: is up
  web:
    command: [socat, "${LISTENS}", "SYSTEM:cat line"]
    port: ${PORT}
`;
const ASK = `socat -T5 - TCP:127.0.0.1:${PORT} </dev/null`;

/** Its processes, whoever runs them. */
const listening = (): string[] =>
  globSync("/proc/[0-9]*").filter((dir) => readText(`${dir}/cmdline`).split("\0").includes(LISTENS));

const tmux = async (...words: string[]): Promise<string> =>
  execFileSync("tmux", ["-S", socketPath(join(orch.dir, "data/host/tmux"), await orch.hostId()), ...words], {
    encoding: "utf8",
  });

test("servers run before the node's agent, are shown in the team's session, outlive a killed host, and end with the node", async () => {
  const work = `${ASK} > first; cat "$TMPDIR/servers/store.log" > printed; printf "%s" "$prompt" | grep -o "127.0.0.1:${PORT}" > told; echo begun; ${untilLetGo("go")}; ${ASK} > second; git add first second printed told; git commit -qm answers`;
  await startWith({ one: work }, { repositoryFile: servers });
  const team = await startPlanAtWork(orch, [{ id: "one", servers: ["web", "store"] }]);
  const task = team.task("one");
  await expect.poll(() => orch.agentOutput(task), { timeout: 60_000 }).toContain("begun");

  const windows = async () =>
    (await tmux("list-windows", "-t", `=team-${team.plan}:`, "-F", "#{window_name}")).trim().split("\n").toSorted();
  await expect.poll(windows).toEqual(["one", "one-servers", "team"]);
  const shown = () => tmux("capture-pane", "-p", "-t", `=team-${team.plan}:=one-servers`);
  await expect.poll(shown).toContain("[store] store is up");

  await orch.host.kill();
  await orch.host.start();
  await orch.host.logged(/run taken up again/);
  await orch.letGo();
  expect(await orch.settled(task)).toMatchObject({ kind: "merged" });
  expect(turnsBegun(orch, task)).toBe(1);
  for (const file of ["first", "second"]) expect(team.git("show", `${INTEGRATION}:${file}`)).toBe("0");
  expect(team.git("show", `${INTEGRATION}:printed`)).toBe("stage=\nstore is up");
  expect(team.git("show", `${INTEGRATION}:told`)).toBe(`127.0.0.1:${PORT}`);
  await expect.poll(windows).toEqual(["team"]);
  expect(listening()).toEqual([]);

  const kept = await readKeptOutput(orch.redis, { task, epoch: (await orch.store.read(task))?.epoch ?? 0 });
  const { steps = [] } = (kept && (await unpackOutput(kept))) ?? {};
  expect(steps.map(({ name }) => name)).toEqual(["servers-1", "agent-1"]);
  expect(steps[0]?.text.match(/store is up/g)).toHaveLength(1);
}, 120_000);

test("an agent ends while its host is dead, without a sandbox: the next life of the host finds the servers and ends them", async () => {
  const work = `echo begun; ${untilLetGo("go")}; touch made; git add made; git commit -qm made`;
  await startWith({ one: work }, { repositoryFile: servers, sandbox: "none" });
  const team = await startPlanAtWork(orch, [{ id: "one", servers: ["web"] }]);
  const task = team.task("one");
  await expect.poll(() => orch.agentOutput(task), { timeout: 60_000 }).toContain("begun");
  await orch.host.kill();
  await orch.letGo();
  await expect
    .poll(() => globSync(join(orch.dir, "data/host/runs", `${task}-*`, "agent-1/exit")), { timeout: 30_000 })
    .toHaveLength(1);
  expect(listening()).not.toEqual([]);
  await orch.host.start();
  expect(await orch.settled(task)).toMatchObject({ kind: "merged" });
  expect(listening()).toEqual([]);
}, 120_000);

test("a server that is not ready in time, or ends before: the agent does not begin, and the node fails with what was printed", async () => {
  const late = `servers:
  late: { command: echo I try; sleep 600, port: ${PORT}, seconds: 5 }
  gone: { command: "echo no such database; exit 3", prints: ready }
`;
  await startWith({ one: "echo begun", two: "echo begun" }, { repositoryFile: late });
  const team = await startPlanAtWork(orch, [
    { id: "one", servers: ["late"], onFailure: "skip" },
    { id: "two", servers: ["gone"], onFailure: "skip" },
  ]);
  expect(await orch.settled(team.task("one"))).toMatchObject({
    ...{ kind: "agent_failed", reason: "crash" },
    message: `The server \`late\` was not ready within 5 s: it is to listen on port ${PORT}.\n[late] I try`,
  });
  expect(await orch.settled(team.task("two"))).toMatchObject({
    ...{ kind: "agent_failed", reason: "crash" },
    message: expect.stringMatching(
      /^The server `gone` ended before it was ready\.\n\[gone\] no such database\n\[gone\] \[ended with exit code 3\]$/,
    ),
  });
  expect(await orch.agentOutput(team.task("one"))).toBe("");
}, 120_000);

test("what a server uses of the machine counts for its node's run", async () => {
  const greedy = `servers:
  greedy: { command: "echo up; perl -e 'my $x = q(a) x 400_000_000; sleep 600'", prints: up }
limits: { memoryMegabytes: 128 }
`;
  await startWith({ one: `echo begun; ${untilLetGo("go")}` }, { repositoryFile: greedy });
  const team = await startPlanAtWork(orch, [{ id: "one", servers: ["greedy"], onFailure: "skip" }]);
  expect(await orch.settled(team.task("one"))).toMatchObject({ kind: "over_limit", limit: "memory" });
}, 120_000);

test("a node whose server the repository's file does not name any more is refused in plain words", async () => {
  await startWith({ one: "echo begun" }, { repositoryFile: "verify: 'true'\n" });
  const team = await startPlanAtWork(orch, [{ id: "one", servers: ["web"], onFailure: "skip" }]);
  expect(await orch.settled(team.task("one"))).toEqual({
    kind: "refused",
    reason: "This part of the plan needs the server `web`, which the repository's file does not name any more.",
  });
}, 120_000);
