/** An agent that means harm: what it sends is bounded, what it gets is an answer, and the host does not grow by it. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { bareClient, talkingHost, testFolder, textOf } from "./talking.ts";

async function listening() {
  const host = talkingHost({ dir: testFolder(), env: { AGENT_KEY: "never-say-this-key" } });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  const bare = async (instance?: string) => {
    const client = await bareClient(host.socket, instance);
    await client.greet();
    return client;
  };
  return { ...host, bare };
}

const residentMegabytes = () =>
  Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1]) / 1024;

test("ten thousand calls at once: a few are carried out, the rest is refused or waits outside, and others are served", async () => {
  const { bare, told } = await listening();
  const [flood, other] = [await bare(), await bare()];
  const before = residentMegabytes();
  for (let id = 1; id <= 10_000; id++) flood.call(id, "progress", { text: `call ${id}` });
  const startedAt = performance.now();
  other.call("honest", "progress", { text: "I am still here" });
  const reply = await other.reply("honest");
  expect(textOf(reply)).toMatch(/^(Passed on\.|Too many calls)/);
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  await delay(1_000); // long enough for a host that reads without a pause to have read all of it
  expect(told().length).toBeLessThan(60);
  expect(flood.replies.length).toBeLessThan(1_000);
  expect(flood.replies.some((each) => each.result?.isError && /Too many calls/.test(textOf(each)))).toBe(true);
  expect(residentMegabytes() - before).toBeLessThan(60);
});

test("a text of 10 MB is answered, not held: by MCP's result where its id can be seen", async () => {
  const { bare, told } = await listening();
  const client = await bare();
  const before = residentMegabytes();
  client.call(5, "progress", { text: "x".repeat(10_000_000) });
  expect(textOf(await client.reply(5))).toMatch(/longer than 64 kB and was not carried out/);
  client.call(6, "progress", { text: "short" });
  expect(textOf(await client.reply(6))).toBe("Passed on.");
  expect(told()).toEqual([{ said: "short" }]);
  expect(residentMegabytes() - before).toBeLessThan(60);
});

describe("what is no request of MCP is answered with an error, and the connection goes on", () => {
  const LINES: Record<string, string> = {
    "no JSON": "{",
    "a text": '"hello"',
    "a list": "[1,2]",
    nothing: "null",
    "without a version": '{"id":1,"method":"tools/list"}',
    "an id that is an object": '{"jsonrpc":"2.0","id":{"a":1},"method":"tools/list"}',
    "an id of a thousand characters": JSON.stringify({ jsonrpc: "2.0", id: "x".repeat(1_000), method: "tools/list" }),
    "a method that is a number": '{"jsonrpc":"2.0","id":1,"method":5}',
    "arrays in arrays": "[".repeat(60_000),
    "objects in objects": `${'{"a":'.repeat(9_000)}1${"}".repeat(9_000)}`,
    prototype: '{"jsonrpc":"2.0","id":1,"method":"__proto__","params":{"__proto__":{"polluted":true}}}',
    "a byte order mark": '\ufeff{"jsonrpc":"2.0"}',
    "bytes that are no text": "\ud800\u0000\u0001",
  };
  test.each(Object.entries(LINES))("%s", async (_, line) => {
    const { bare } = await listening();
    const client = await bare();
    const before = client.replies.length;
    client.socket.write(`${line}\n`);
    client.call("after", "progress", { text: "I go on" });
    expect(textOf(await client.reply("after"))).toBe("Passed on.");
    expect(client.replies.slice(before).filter(({ id }) => id !== "after")).toEqual([
      expect.objectContaining({ error: expect.objectContaining({ code: expect.any(Number) }) }),
    ]);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });
});

test("arguments of every other kind are refused in words", async () => {
  const { bare, told } = await listening();
  const client = await bare();
  const inputs: object[] = [
    {},
    { text: 5 },
    { text: null },
    { text: ["a"] },
    { text: "  " },
    { text: { $gt: "" } },
    { summary: "x" },
  ];
  for (const [id, input] of inputs.entries()) client.call(`p${id}`, "progress", input);
  client.call("f", "finish", { title: "t", summary: "s", decisions: Array.from({ length: 11 }, () => "d") });
  client.call("n", "toString", {});
  for (const id of [...inputs.keys()].map((each) => `p${each}`))
    expect((await client.reply(id)).result?.isError).toBe(true);
  expect((await client.reply("f")).result?.isError).toBe(true);
  expect((await client.reply("n")).error ?? (await client.reply("n")).result?.isError).toBeTruthy();
  expect(told()).toEqual([]);
});

test("connections are few: one more is closed, and when one has ended another is taken", async () => {
  const { bare, socket } = await listening();
  const first = await Promise.all(Array.from({ length: 16 }, () => bare()));
  const refused = await bareClient(socket);
  await refused.ended;
  first[0]?.socket.destroy();
  await first[0]?.ended;
  const again = await bare();
  again.call(1, "progress", { text: "I may again" });
  expect(textOf(await again.reply(1))).toBe("Passed on.");
});

test("another client cannot take a bridge's answers by its name without having it, nor disturb it", async () => {
  const { bare, told } = await listening();
  const bridge = await bare("bridge-number-one");
  bridge.call(1, "progress", { text: "mine" });
  await bridge.reply(1);
  const other = await bare();
  other.say({ method: "notifications/orch/bridge", params: { instance: "../../etc" } });
  other.call(1, "progress", { text: "other" });
  expect(textOf(await other.reply(1))).toBe("Passed on.");
  expect(told().map(({ said }) => said)).toEqual(["mine", "other"]);
});

test("a client that reads none of its answers is not served for ever", async () => {
  const { bare, talk, folder } = await listening();
  const client = await bare();
  client.socket.pause();
  const before = residentMegabytes();
  for (let id = 0; id < 5_000; id++) client.say({ id, method: "tools/list" });
  await delay(1_500);
  expect(residentMegabytes() - before).toBeLessThan(60);
  await talk.close();
  expect(statSync(join(folder.dir, "run.json")).isFile()).toBe(true);
});

test("answers that are kept for a repetition stay few and small on the disk", async () => {
  const { bare, folder } = await listening();
  const client = await bare("bridge-number-one");
  for (let id = 0; id < 40; id++) client.call(`${"i".repeat(30_000)}${id}`, "progress", { text: "x" });
  client.call("last", "progress", { text: "x" });
  await client.reply("last");
  expect(statSync(join(folder.dir, "talk-answers.jsonl")).size).toBeLessThan(700_000);
});
