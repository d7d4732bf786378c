/** The bridge between a real MCP client and a host that dies, and comes back in the same place. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Client } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { expect, onTestFinished, test, vi } from "vitest";
import { bareClient, ORCH_AGENT, type Reply, talkingHost, testFolder, textOf } from "./talking.ts";

const HOST = fileURLToPath(new URL("host-process.ts", import.meta.url));

/** A life of the host. */
async function life(dir: string, slow = false): Promise<ChildProcess> {
  const host = spawn(process.execPath, [HOST, dir, ...(slow ? ["slow"] : [])], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void host.kill("SIGKILL"));
  if (host.stdout) await once(host.stdout, "data");
  return host;
}

async function kill(host: ChildProcess): Promise<void> {
  host.kill("SIGKILL");
  await once(host, "exit");
}

/** As an agent's program would start it: with nothing of the environment but what it is told. */
async function client(socket: string): Promise<Client> {
  const made = new Client({ name: "test", version: "1" });
  const transport = new StdioClientTransport({ command: ORCH_AGENT, args: ["mcp"], env: { ORCH_SOCKET: socket } });
  await made.connect(transport);
  onTestFinished(() => made.close());
  return made;
}

const said = (result: unknown): string => textOf({ result: result as NonNullable<Reply["result"]> });

test("a client lists the tools, calls them, and reads what is wrong with a call", async () => {
  const host = talkingHost({ dir: testFolder() });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  const mcp = await client(host.socket);
  const { tools } = await mcp.listTools();
  expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(["progress", "checkpoint", "finish"]));
  expect(tools.find(({ name }) => name === "finish")?.inputSchema).toMatchObject({ required: ["title", "summary"] });
  expect(said(await mcp.callTool({ name: "progress", arguments: { text: "I look at the tests" } }))).toBe("Passed on.");
  expect(host.told()).toEqual([{ said: "I look at the tests" }]);
  const long = await mcp.callTool({ name: "progress", arguments: { text: "x".repeat(501) } });
  expect([long.isError, said(long)]).toEqual([true, expect.stringContaining("500")]);
  const huge = await mcp.callTool({ name: "progress", arguments: { text: "x".repeat(300_000) } });
  expect([huge.isError, said(huge)]).toEqual([true, expect.stringContaining("too long")]);
  expect(said(await mcp.callTool({ name: "checkpoint", arguments: { summary: "half" } }))).toMatch(/cannot|Nothing/);
});

test("the host is killed in the middle of a call, and the client has one answer, from the next life", async () => {
  const dir = testFolder();
  const { socket, told } = talkingHost({ dir });
  const first = await life(dir, true);
  const mcp = await client(socket);
  const call = mcp.callTool({ name: "progress", arguments: { text: "before and after" } });
  await vi.waitFor(() => expect(told()).toHaveLength(1), { timeout: 20_000 });
  await kill(first);
  await life(dir);
  expect(said(await call)).toBe("Passed on.");
  // The client notices nothing of it: the handshake was repeated without it.
  expect(said(await mcp.callTool({ name: "progress", arguments: { text: "later" } }))).toBe("Passed on.");
  expect(told().map((each) => each.said)).toEqual(["before and after", "before and after", "later"]);
});

test("calls that were begun while the host was away are carried out once it is back, in their order", async () => {
  const dir = testFolder();
  const { socket, told } = talkingHost({ dir });
  const first = await life(dir);
  const mcp = await client(socket);
  await kill(first);
  const calls = ["one", "two", "three"].map((text) => mcp.callTool({ name: "progress", arguments: { text } }));
  await life(dir);
  expect((await Promise.all(calls)).map(said)).toEqual(["Passed on.", "Passed on.", "Passed on."]);
  expect(told().map((each) => each.said)).toEqual(["one", "two", "three"]);
});

test("a request that was answered is not carried out again, by whichever life of the host", async () => {
  const dir = testFolder();
  const { socket, told } = talkingHost({ dir });
  const ask = async () => {
    const bare = await bareClient(socket, "the-same-bridge");
    await bare.greet();
    bare.call(7, "progress", { text: "once" });
    const reply = await bare.reply(7);
    bare.socket.destroy();
    return textOf(reply);
  };
  const first = await life(dir);
  expect([await ask(), await ask()]).toEqual(["Passed on.", "Passed on."]);
  await kill(first);
  await life(dir);
  expect(await ask()).toBe("Passed on.");
  expect(told()).toEqual([{ said: "once" }]);
  const other = await bareClient(socket, "another-bridge");
  await other.greet();
  other.call(7, "progress", { text: "another" });
  await other.reply(7);
  expect(told()).toHaveLength(2);
});

test("a request whose connection was lost is joined by the one that comes again", async () => {
  const dir = testFolder();
  const { socket, told } = talkingHost({ dir });
  await life(dir, true);
  const first = await bareClient(socket, "the-same-bridge");
  await first.greet();
  first.call(7, "progress", { text: "once" });
  await vi.waitFor(() => expect(told()).toHaveLength(1), { timeout: 20_000 });
  first.socket.destroy();
  const second = await bareClient(socket, "the-same-bridge");
  await second.greet();
  second.call(7, "progress", { text: "once" });
  writeFileSync(join(dir, "go"), "");
  expect(textOf(await second.reply(7))).toBe("Passed on.");
  expect(told()).toHaveLength(1);
});

test("what the client cancels is not sent again", async () => {
  const dir = testFolder();
  const { socket, told } = talkingHost({ dir });
  const first = await life(dir, true);
  const mcp = await client(socket);
  const cancelling = new AbortController();
  const call = mcp.callTool({ name: "progress", arguments: { text: "never mind" } }, { signal: cancelling.signal });
  const ended = expect(call).rejects.toThrow();
  await vi.waitFor(() => expect(told()).toHaveLength(1), { timeout: 20_000 });
  cancelling.abort();
  await ended;
  await kill(first);
  await life(dir);
  expect(said(await mcp.callTool({ name: "progress", arguments: { text: "next" } }))).toBe("Passed on.");
  expect(told().map((each) => each.said)).toEqual(["never mind", "next"]);
});

/** Proportional set size of a process and its private part, kB. */
function memoryOf(pid: number): { pss: number; own: number } {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
  const field = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(rollup)?.[1]);
  return { pss: field("Pss"), own: field("Private_Clean") + field("Private_Dirty") };
}

test("the bridge takes less than 10 MB, also after long calls and long answers", async () => {
  const host = talkingHost({ dir: testFolder() });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  const mcp = new Client({ name: "test", version: "1" });
  const transport = new StdioClientTransport({ command: ORCH_AGENT, args: ["mcp"], env: { ORCH_SOCKET: host.socket } });
  await mcp.connect(transport);
  onTestFinished(() => mcp.close());
  for (let turn = 0; turn < 5; turn++) {
    await mcp.callTool({ name: "progress", arguments: { text: "x".repeat(60_000) } });
    await mcp.callTool({ name: "progress", arguments: { text: "y".repeat(1_000_000) } });
    await mcp.listTools();
  }
  const { pss, own } = memoryOf(Number(transport.pid));
  expect(pss).toBeLessThan(10_000);
  expect(own).toBeLessThan(6_000);
});
