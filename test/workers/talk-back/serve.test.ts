import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { bareClient, talkingHost, testFolder, textOf } from "./talking.ts";

afterEach(() => vi.useRealTimers());

test("whoever waits for long gets a sign of life every ten seconds, if it asks for that", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  const taken = Promise.withResolvers<void>();
  const host = talkingHost({ dir: testFolder(), whenTold: () => taken.promise });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  const client = await bareClient(host.socket);
  await client.greet();
  const call = (id: string, meta: object) => {
    const params = { name: "progress", arguments: { text: id }, ...meta };
    client.say({ id, method: "tools/call", params });
  };
  call("asks", { _meta: { progressToken: "token-1" } });
  call("does not", {});
  await vi.waitFor(() => expect(host.told()).toHaveLength(2), { interval: 20, timeout: 10_000 });
  vi.advanceTimersByTime(25_000);
  taken.resolve();
  await Promise.all([client.reply("asks"), client.reply("does not")]);
  const beats = client.replies.filter(({ method }) => method === "notifications/progress");
  expect(beats).toEqual(
    [1, 2].map((progress) => expect.objectContaining({ params: { progressToken: "token-1", progress } })),
  );
});

test("a call without a handshake is served as well", async () => {
  const host = talkingHost({ dir: testFolder() });
  onTestFinished(() => host.talk.close());
  await host.talk.open();
  const client = await bareClient(host.socket);
  client.call(1, "progress", { text: "no greeting" });
  expect(textOf(await client.reply(1))).toBe("Passed on.");
});
