/**
 * What agents and checks can reach: each has a network of its own, nothing of the machine or of its neighbours is there, and the
 * one way out is judged, told, and outlives the worker host.
 */
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";

describe("a network of its own", () => {
  let orch: Orch;
  afterEach(() => orch.close());

  const says = (taskId: string, words: RegExp) =>
    orch.task(taskId, (task) => words.test(progressOf(task).lastLines ?? "") || task.state.name === "settled");
  /** What the agent said last: its own files go with a run that has succeeded. */
  const said = async (taskId: string) => (await orch.progress(taskId)).lastLines ?? "";
  const portOf = (url: string) => new URL(url).port;
  const tell = (file: string, text: string) => writeFile(join(orch.stage, file), text);

  test("an agent that listens where the bot does hears nothing while another's work is published, and does not keep the bot down", async () => {
    orch = await startOrch({ agent: "listens", slots: 2 });
    await tell("port", portOf(orch.botUrl));
    const squatter = await orch.command("/orch listen for secrets");
    await says(squatter.taskId, /I listen on/);
    await orch.bot.kill();
    await orch.bot.start();
    const other = await orch.place({ agent: "waits" });
    await tell("port", portOf(orch.botUrl));
    const { taskId } = await orch.command("/orch fix the tests", other);
    await says(taskId, /I wait to be let go/);
    await orch.bot.kill();
    await orch.letGo();
    // The other's work wants to be pushed now, and there is no bot; then there is one again, on its own port.
    await orch.host.logged(/no bot answers/);
    await orch.bot.start();
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(await orch.told(squatter.taskId)).toMatchObject({ kind: "pull_request" });
    expect(await said(squatter.taskId)).toContain("I heard 0 bytes");
  });

  test("what one slot's agent listens on is not there for another's, by port or by abstract socket", async () => {
    orch = await startOrch({ agent: "listens", slots: 2 });
    await tell("port", "9229");
    const one = await orch.command("/orch debug it");
    await says(one.taskId, /I listen on 9229/);
    await tell("targets", "127.0.0.1:9229\nabstract:orch-secret-9229\n");
    const place = await orch.place({ agent: "reaches" });
    const { taskId } = await orch.command("/orch look at the neighbours", place);
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const words = await said(taskId);
    expect(words).toContain("direct 127.0.0.1:9229: no");
    expect(words).toContain("direct abstract:orch-secret-9229: no");
    expect(words).toContain("lines in /proc/net/unix: 1\n"); // its heading
    await orch.letGo();
    await orch.told(one.taskId);
    expect(await said(one.taskId)).toContain("I heard 0 bytes");
  });

  test("two checks that need one port at the same time both pass, and so does one that needs the bot's", async () => {
    orch = await startOrch({ slots: 3 });
    const check = (port: number | string) =>
      `test "$(tcpserver -1 -H -R -l0 127.0.0.1 ${port} true &)" = ${port} && until test -e ${orch.stage}/go; do sleep 0.1; done`;
    const places = await Promise.all(
      [47_111, 47_111, portOf(orch.botUrl)].map((port) => orch.place({ verify: check(port) })),
    );
    const commands = await Promise.all(places.map((place) => orch.command("/orch fix the tests", place)));
    await Promise.all(commands.map(({ taskId }) => orch.running(taskId, "verifying")));
    await orch.letGo();
    const outcomes = await Promise.all(commands.map(({ taskId }) => orch.told(taskId)));
    expect(outcomes.map(({ kind }) => kind)).toEqual(["pull_request", "pull_request", "pull_request"]);
  });

  test("Redis, the bot, private and metadata addresses are out of reach; the agent is told why, and the receipt lists them", async () => {
    orch = await startOrch({ agent: "reaches" });
    const targets = [
      `127.0.0.1:${orch.redisServer.port}`,
      `127.0.0.1:${portOf(orch.botUrl)}`,
      "10.255.255.254:5432",
      "169.254.169.254:80",
    ];
    await tell("targets", `${targets.join("\n")}\n`);
    const { taskId } = await orch.command("/orch fix the tests");
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    const words = await said(taskId);
    for (const target of targets) {
      expect(words).toContain(`direct ${target}: no`);
      expect(words).toContain(`proxy ${target}: HTTP/1.1 403 Blocked by Orch`);
    }
    expect(words).toMatch(/Orch blocked the connection to 169\.254\.169\.254:80: it is .*metadata/);
    const receipt = await orch.progressComment(/4 connections blocked/);
    expect(receipt).toContain("Network: any public host (egress `open`), 4 connections blocked:");
    for (const target of targets) expect(receipt).toContain(`\`${target}\`: `);
    expect(receipt).toContain("it belongs to Orch itself");
    const [pull] = orch.simulator.state.pulls(orch.repository);
    expect(pull?.body).toContain("4 connections blocked");
  });

  test("a worker host that is killed cuts no connection of its agent, and an outlet of listed hosts leads nowhere else", async () => {
    const outside = createServer().listen(0, "127.0.0.2");
    await once(outside, "listening");
    const address = `127.0.0.2:${(outside.address() as AddressInfo).port}`;
    let connections = 0;
    const connected = new Promise<Socket>((resolve) =>
      outside.on("connection", (socket) => {
        connections += 1;
        socket.on("error", () => undefined);
        resolve(socket);
      }),
    );
    orch = await startOrch({ agent: "fixes" });
    try {
      await listFor("talks-outside", [address]);
      await tell("outside", address);
      const place = await orch.place({ agent: "talks-outside" });
      const { taskId } = await orch.command("/orch talk to your model", place);
      const socket = await connected;
      const [hello] = (await once(socket, "data")) as [Buffer];
      expect(hello.toString()).toBe("hello from inside\n");
      socket.write("before\n");
      await says(taskId, /I hear: before/);
      await orch.host.kill();
      socket.write("while the host is away\n");
      await orch.host.start();
      socket.write("after\n");
      await says(taskId, /I hear: after/);
      socket.end("go\n");
      expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
      expect(await said(taskId)).toContain(
        "I hear: before\nI hear: while the host is away\nI hear: after\nI hear: go\n",
      );
      expect(connections).toBe(1);
      expect(await orch.progressComment(/Network:/, place)).toContain("Network: listed hosts only (egress `listed`)\n");
    } finally {
      outside.close();
    }
  });

  /** The operator lists addresses for one agent, and starts the worker host anew. */
  async function listFor(agent: string, allow: string[]): Promise<void> {
    const file = join(orch.dir, "orch.yml");
    const { parse, stringify } = await import("yaml");
    const operator = parse(await readFile(file, "utf8"));
    Object.assign(operator.agents[agent], { egress: "listed", allow });
    await writeFile(file, stringify(operator));
    await orch.host.stop();
    await orch.host.start();
  }
});
