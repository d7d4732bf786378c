import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { openRedisWarning, ownRedisProblem } from "../../src/task/redis-reach.ts";

test.each([
  "redis://127.0.0.1:6379",
  "redis://:secret@127.0.0.1:6379",
  "redis://localhost:6379/2",
  "redis://LOCALHOST.",
  "redis://db.localhost",
  "redis://orch@127.0.0.2",
  "redis://127.1",
  "redis://0x7f000001:6379",
  "redis://2130706433",
  "redis://[::1]:6379",
  "redis://[::ffff:127.0.0.1]:6379",
  "redis://[::ffff:7f00:2]",
  "redis://0.0.0.0:6379",
  "redis://[::]:6379",
  "redis://:secret@",
  "redis:///0",
  "rediss://127.0.0.1:6379",
])("without a sandbox a Redis on loopback is refused, with both ways out: %s", async (url) => {
  expect(await ownRedisProblem(url)).toMatch(/unixsocket.*or use a sandbox/s);
});

test("so is one at an address of this machine's own interfaces, or by a name that leads to one", async () => {
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  for (const { address, family } of own.filter((each) => !each.address.startsWith("fe80")))
    expect(await ownRedisProblem(`redis://${family === "IPv6" ? `[${address}]` : address}:6379`)).toMatch(/unixsocket/);
});

test.each([
  "unix:///var/lib/orch/redis/redis.sock",
  "redis://redis.invalid:6379",
  "redis://10.255.255.4",
  "rediss://:secret@redis.invalid:6379",
  "redis://[2001:db8::1]:6379",
  "redis://128.0.0.1",
])("it may be %s", async (url) => {
  expect(await ownRedisProblem(url)).toBeUndefined();
});

test.each(["redis://redis:6379", "rediss://redis.example.com:6379", "redis://orch@10.0.0.4"])(
  "a Redis that agents without a sandbox can reach is warned of, with both ways out: %s",
  (url) => {
    expect(openRedisWarning(url)).toMatch(/AGENTS CAN REACH THIS REDIS.*sandbox.*password/s);
  },
);

test.each(["redis://:secret@10.0.0.4:6379", "unix:///redis.sock", "rediss://:secret@redis.example.com:6379"])(
  "nothing is said of %s",
  (url) => {
    expect(openRedisWarning(url)).toBeUndefined();
  },
);
