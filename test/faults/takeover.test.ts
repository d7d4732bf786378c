/**
 * Somebody on the machine, say an agent without a sandbox, listens on the bot's port while the bot is away. They learn
 * nothing by which they could become Orch, and cannot keep it down: the work is published.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { progressOf } from "../../src/task/task.ts";
import { type Orch, startOrch } from "../support/orch.ts";

/** What a worker host would say to a bot, and to nobody else. */
const SECRET = /authorization|bearer|\/workers\//i;

describe("a program takes the bot's port while the bot is away", () => {
  let orch: Orch;
  let squatter: Awaited<ReturnType<typeof squat>>;
  afterEach(async () => {
    await squatter.leave();
    await orch.close();
  });

  /** Listens where the bot did and keeps all that it is told. */
  async function squat(url: string) {
    const told: string[] = [];
    const { promise: askedByHost, resolve } = Promise.withResolvers<void>();
    const server = createServer((request, response) => {
      told.push(`${request.method} ${request.url} ${JSON.stringify(request.headers)}`);
      if (request.url?.startsWith("/workers")) resolve();
      response.writeHead(404).end();
    });
    server.listen(Number(new URL(url).port), "127.0.0.1");
    await once(server, "listening");
    const leave = async () => {
      if (!server.listening) return;
      server.close().closeAllConnections();
      await once(server, "close");
    };
    return { told: () => told.join("\n"), askedByHost, leave };
  }

  /** A run whose agent waits, and that will want a token to push. */
  async function waitingAgent(): Promise<string> {
    orch = await startOrch({ agent: "waits" });
    const { taskId } = await orch.command("/orch fix the tests");
    await orch.task(taskId, (task) => progressOf(task).lastLines?.includes("I wait to be let go") === true);
    return taskId;
  }

  test("it is never told the worker secret, the bot waits for its port, and the work is published", async () => {
    const taskId = await waitingAgent();
    await orch.bot.kill();
    squatter = await squat(orch.botUrl);
    await orch.letGo();
    // The host wants to push now: it finds no bot, or it has told the program on the port.
    await Promise.race([squatter.askedByHost, orch.host.logged(/no bot answers for good/)]);
    expect(squatter.told()).not.toMatch(SECRET);
    const up = orch.bot.start();
    await orch.bot.logged(/PORT \d+ is in use on 127\.0\.0\.1: stop the program that listens there/);
    // Worker hosts need no port: they are answered meanwhile.
    await orch.task(taskId, (task) => task.pushed !== undefined);
    expect(squatter.told()).not.toMatch(SECRET);
    await squatter.leave();
    await up;
    expect(await orch.told(taskId)).toMatchObject({ kind: "pull_request" });
    expect(orch.simulator.state.pulls(orch.repository)).toHaveLength(1);
    expect(orch.bot.isRunning()).toBe(true);
    await orch.ready();
  });
});
