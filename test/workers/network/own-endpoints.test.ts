import { networkInterfaces } from "node:os";
import { expect, test } from "vitest";
import { type OwnServices, ownEndpoints } from "../../../workers/network/own-endpoints.ts";

const folder = { kind: "folder" as const, folder: "/run/bot" };
const services = (change: Partial<OwnServices>): OwnServices => ({
  redisUrl: "redis+unix:///run/redis.sock",
  bot: folder,
  botPort: undefined,
  ...change,
});
const found = async (change: Partial<OwnServices>) =>
  (await ownEndpoints(services(change))).map(({ address, port }) => `${address} ${port}`);

/** Another machine's, of nobody (RFC 5737). */
const ELSEWHERE = "192.0.2.7";

test.each([
  [`redis://${ELSEWHERE}`, [`${ELSEWHERE} 6379`]],
  [`rediss://${ELSEWHERE}`, [`${ELSEWHERE} 6379`]],
  [`redis://:password@${ELSEWHERE}:7000/1`, [`${ELSEWHERE} 7000`]],
  ["redis://[2001:db8::7]:7000", ["2001:db8::7 7000"]],
  ["redis://[::ffff:192.0.2.7]:7000", [`${ELSEWHERE} 7000`]],
  ["redis://no-such-host.invalid:7000", []],
])("Redis at %s is never reached there", async (redisUrl, endpoints) => {
  expect(await found({ redisUrl })).toEqual(endpoints);
});

test("a bot that is reached by https is never reached there, and one in a folder has no port", async () => {
  expect(await found({ bot: { kind: "https", url: `https://${ELSEWHERE}` } })).toEqual([`${ELSEWHERE} 443`]);
  expect(await found({ bot: { kind: "https", url: `https://${ELSEWHERE}:8443` } })).toEqual([`${ELSEWHERE} 8443`]);
  expect(await found({})).toEqual([]);
});

test("what listens here is never reached by any address of this machine, each told once", async () => {
  const interfaces = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  const outward = interfaces.filter(({ internal, family }) => !internal && family === "IPv4");
  for (const change of [
    { botPort: 3000 },
    { redisUrl: "redis://127.0.0.1:3000" },
    { redisUrl: "redis://127.9.9.9:3000" },
  ]) {
    const all = await found(change);
    expect(all).toEqual(
      expect.arrayContaining(["127.0.0.1 3000", "::1 3000", ...outward.map(({ address }) => `${address} 3000`)]),
    );
    expect(new Set(all).size).toBe(all.length);
  }
});

test("a name counts with all of its addresses, on this machine as well as on others", async () => {
  expect(await found({ redisUrl: "redis://localhost:7001", botPort: 7002 })).toEqual(
    expect.arrayContaining(["127.0.0.1 7001", "::1 7001", "127.0.0.1 7002", "::1 7002"]),
  );
});
