/** Who may be given a link: only the bot that says where its dashboard is. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { openDoor } from "../../../dashboard/door/listener.ts";
import { findDashboard, isOurs, sayWhere } from "../../../dashboard/door/proof.ts";
import { freePort } from "../../../demo/free-port.ts";
import type { GitHub } from "../../../src/github.ts";
import { keys } from "../../../src/task/keys.ts";
import { startConnectedRedis } from "../../support/redis.ts";

const log = pino({ level: "silent" });

test("a program that has the port of a bot which died cannot have another bot prove for it that it is ours", async () => {
  const { redis, close } = await startConnectedRedis();
  const port = await freePort();
  const door = await openDoor(
    { redis, github: { server: {} } as GitHub, routes: [], now: Date.now, log },
    { host: "127.0.0.1", port, operators: [] },
  );
  const local = `http://127.0.0.1:${port}`;
  const said = sayWhere(redis, { at: { url: local, local }, isListening: () => true, now: Date.now, log });
  const asked: string[] = [];
  const impostor = createServer(async ({ url = "" }, response) => {
    asked.push(url);
    response.end(await (await fetch(`${local}${url}`)).text());
  });
  await new Promise<void>((resolve) => impostor.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    impostor.close();
    await said.stop();
    await door.stop();
    await close();
  });
  const taken = `http://127.0.0.1:${(impostor.address() as AddressInfo).port}`;
  await expect.poll(() => findDashboard(redis, Date.now())).toMatchObject({ local, isHere: true });
  const live = await findDashboard(redis, Date.now());
  expect(live && (await isOurs(redis, live))).toBe(true);
  await redis.del(keys.dashboardsAt);
  await redis.hset(keys.dashboardsAt, "elsewhere/1", JSON.stringify({ url: taken, local: taken, at: Date.now() }));
  const dead = await findDashboard(redis, Date.now());
  expect(dead && (await isOurs(redis, dead))).toBe(false);
  expect(asked).toHaveLength(1);

  // A bot that died before the clock was set back would stand first until that has caught up.
  await redis.hset(
    keys.dashboardsAt,
    `${hostname()}/1`,
    JSON.stringify({ url: taken, local: taken, at: Date.now() + 3600_000 }),
  );
  expect(await findDashboard(redis, Date.now())).toMatchObject({ name: "elsewhere/1" });
});
