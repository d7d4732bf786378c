import { expect, test } from "vitest";
import { openRedisWarning } from "../../src/task/redis-reach.ts";

test.each([
  "redis://127.0.0.1:6379",
  "redis://localhost:6379/2",
  "redis://orch@127.0.0.2",
  "redis://[::1]:6379",
  "redis://[::ffff:127.0.0.1]:6379",
  "redis://0.0.0.0:6379",
  "rediss://127.0.0.1:6379",
  "redis://redis:6379",
  "rediss://redis.example.com:6379",
])("a Redis that agents can reach is warned of, with both ways out: %s", (url) => {
  expect(openRedisWarning(url)).toMatch(/AGENTS CAN REACH THIS REDIS.*password.*unix socket/s);
});

test.each([
  "redis://:secret@127.0.0.1:6379",
  "redis://orch:secret@localhost:6379",
  "unix:///var/lib/orch/redis/redis.sock",
  "rediss://:secret@redis.example.com:6379",
])("nothing is said of %s", (url) => {
  expect(openRedisWarning(url)).toBeUndefined();
});
