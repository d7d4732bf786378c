/**
 * compose.yaml in real containers, with the rights that Docker's engine gives them: the sandbox holds there, each agent and each check
 * has a network of its own, and without any of the three lines of `security_opt` there is no worker host.
 */
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../simulator/simulator.ts";
import { closeGitHub } from "../support/close-github.ts";
import { type Commands, openCommands } from "./commands.ts";
import type { Container } from "./container.ts";
import { GATEWAY, METADATA, makeNetwork, type Network, PUBLIC } from "./network.ts";
import { makeProject, type Project, STAGE } from "./project.ts";

let simulator: Simulator;
let network: Network;
let project: Project;
beforeAll(async () => {
  simulator = await startSimulator();
  network = await makeNetwork(simulator.port);
  project = await makeProject(join(process.env.ORCH_TEST_CONTAINER ?? "", "project"), simulator, network);
});
// What did not even start is not there to be closed: the reason of that is the one to be told.
afterAll(async () => {
  await project?.close();
  await network?.close();
  await closeGitHub(simulator);
});

const worker = () => project.compose.get("worker");

test("compose.yaml gives the worker alone what its sandbox needs of Docker, and nobody more than that", () => {
  expect(worker()?.security_opt).toEqual(["seccomp=unconfined", "apparmor=unconfined", "systempaths=unconfined"]);
  for (const name of ["bot", "redis"]) expect(project.compose.get(name)?.security_opt).toEqual([]);
});

describe.each([
  ["seccomp", /^ {2}a filter of system calls \(seccomp\)\. A container needs `security_opt: seccomp=unconfined`/m],
  ["apparmor", /^ {2}starts: bwrap: Failed to make \/ slave: Permission denied$/m],
  ["systempaths", /^ {2}parts of \/proc are covered\. A container needs `security_opt: systempaths=unconfined`$/m],
])("without %s=unconfined", (name, words) => {
  test("the worker host does not start, and says what stands in its way", async () => {
    const others = worker()?.security_opt.filter((line) => !line.startsWith(name));
    const container = await project.start("worker", others);
    expect(await container.ended).toBe(78);
    expect(container.log()).toContain("the sandbox does not hold on this machine:\n  starts: bwrap: ");
    expect(container.log()).toMatch(words);
    expect(container.log()).toContain("set `sandbox: none` explicitly");
  });
});

describe("with compose.yaml as it is", () => {
  let container: Container;
  let commands: Commands;
  const outside: Server[] = [];
  const tell = (file: string, text = "") => writeFileSync(join(container.root, STAGE, file), text);

  beforeAll(async () => {
    for (const address of [PUBLIC, METADATA]) {
      const server = createServer((_, response) => void response.end(`this is ${address}\n`)).listen(80, address);
      await once(server, "listening");
      outside.push(server);
    }
    container = await project.start("worker");
    await container.logged(/"worker host ready"/);
    simulator.setWebhookUrl(`http://${project.address("bot")}:3000/api/github/webhooks`);
    commands = await openCommands(simulator, `unix://${join(project.volume("redis"), "redis.sock")}`);
  });
  afterAll(() => {
    commands?.close();
    for (const server of outside) server.close();
  });

  test("the worker host is the image's user without rights, and its sandbox passes all twenty-five probes", async () => {
    const { output } = await container.exec(["sh", "-c", "id -u; cat /proc/1/comm; cat /proc/1/status"]);
    expect(output).toMatch(/^1000\ntini\n/);
    expect(output).toMatch(/^Uid:\t1000\t1000\t1000\t1000$/m);
    expect(output).toMatch(/^CapEff:\t0000000000000000$/m);
    expect(output).toMatch(/^CapBnd:\t00000000a80425fb$/m);
    expect(output).toMatch(/^NoNewPrivs:\t0$/m);
    expect(output).toMatch(/^Seccomp:\t0$/m);
    expect(container.log()).toContain('"sandbox":"bwrap","probes":25,"msg":"sandbox self-test passed"');
    const doctor = await container.exec(["orch", "doctor"]);
    expect(doctor.output).toMatch(/✓ bwrap +passes 15 of 15 probes[^\n]*\n +✓ network +passes 10 of 10 probes/);
  });

  test("a command becomes a draft pull request with green tests; what only Orch may see is not there for the check", async () => {
    const unseen = ["/redis", "/var/lib/orch/bot", "/var/lib/orch/host/runs", "/etc/orch.yml", "/orch"];
    const verify = `node --test && for path in ${unseen.join(" ")}; do test ! -e $path || exit 1; done`;
    const command = await commands.give({ verify });
    expect(await command.settled()).toMatchObject({ kind: "pull_request" });
    const [pull] = simulator.state.pulls(command.repository);
    expect(pull?.pull.draft).toBe(true);
    expect(simulator.state.fileAt(command.repository, pull?.pull.headRef ?? "", "add.js")).toContain("a + b");
    for (const path of unseen) expect((await container.exec(["test", "-e", path])).code, path).toBe(0);
  });

  test("an agent reaches public hosts by the proxy; nothing of the container, its network, its neighbours or clouds", async () => {
    const neighbour = "127.0.0.1:9229";
    tell("port", "9229");
    const listener = await commands.give({ agent: "listens" });
    await listener.says(/I listen on/);
    const reached = [
      `127.0.0.1:${simulator.port}`, // the container's own loopback
      `${project.address("bot")}:3000`,
      "bot:3000",
      `${GATEWAY}:${simulator.port}`, // the machine that runs the containers
      `${METADATA}:80`,
    ];
    // All of them are there, so that what an agent cannot reach is out of its reach and not just absent.
    for (const target of [...reached, `${PUBLIC}:80`]) {
      const { code, output } = await container.exec(["socat", "-u", "/dev/null", `TCP4:${target},connect-timeout=5`]);
      expect(code, `${target} is not reached by the worker host itself: ${output}`).toBe(0);
    }
    // An agent's last words are kept, and no more than some of them.
    for (const targets of [reached.slice(0, 3), [...reached.slice(3), neighbour]]) {
      tell("targets", `${[...targets, "abstract:orch-secret-9229", `${PUBLIC}:80`].join("\n")}\n`);
      const command = await commands.give({ agent: "reaches" });
      expect(await command.settled()).toMatchObject({ kind: "pull_request" });
      const said = await command.said();
      for (const target of targets) {
        expect(said).toContain(`direct ${target}: no\n`);
        expect(said).toContain(`proxy ${target}: HTTP/1.1 403 Blocked by Orch\n`);
      }
      expect(said).toContain("direct abstract:orch-secret-9229: no\n");
      expect(said).toContain(`direct ${PUBLIC}:80: no\nproxy ${PUBLIC}:80: HTTP/1.1 200 OK\n`);
    }
    tell("go");
    expect(await listener.settled()).toMatchObject({ kind: "pull_request" });
    expect(await listener.said()).toContain("I heard 0 bytes");
    rmSync(join(container.root, STAGE, "go"));
  });

  test("two checks that bind one port at the same time both pass", async () => {
    const listen = 'test "$(tcpserver -1 -H -R -l0 127.0.0.1 47111 true &)" = 47111';
    const verify = `${listen} && until test -e ${STAGE}/both; do sleep 0.1; done`;
    const both = [await commands.give({ verify }), await commands.give({ verify })];
    await Promise.all(both.map((command) => command.verifying()));
    tell("both");
    const outcomes = await Promise.all(both.map((command) => command.settled()));
    expect(outcomes).toMatchObject([{ kind: "pull_request" }, { kind: "pull_request" }]);
  });

  test("the signal by which Compose stops it drains it: its last run is published, then it ends well", async () => {
    const command = await commands.give({ agent: "waits" });
    await command.says(/I wait to be let go/);
    container.signal(worker()?.stop_signal ?? "");
    await container.logged(/"draining: no new work"/);
    tell("go");
    expect(await command.settled()).toMatchObject({ kind: "pull_request" });
    expect(await container.ended).toBe(0);
  });
});
