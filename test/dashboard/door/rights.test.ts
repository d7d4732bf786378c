/** What somebody may see who has signed in with GitHub, by GitHub's own word, and until when. */
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openDoor } from "../../../dashboard/door/listener.ts";
import { makeJudge } from "../../../dashboard/door/rights.ts";
import { makeSessions } from "../../../dashboard/door/sessions.ts";
import type { DashboardRoute, EventStream, Place } from "../../../dashboard/visit.ts";
import { freePort } from "../../../demo/free-port.ts";
import { type RepositoryInfo, type Simulator, startSimulator } from "../../../simulator/simulator.ts";
import { type GitHub, makeGitHub } from "../../../src/github.ts";
import { closeGitHub } from "../../support/close-github.ts";
import { eventsOf, visitorOf } from "../../support/dashboard.ts";
import { type ConnectedRedis, startConnectedRedis } from "../../support/redis.ts";

const log = pino({ level: "silent" });
const MINUTE = 60_000;

let simulator: Simulator;
let github: GitHub;
let server: ConnectedRedis;
let open: RepositoryInfo;
let closed: RepositoryInfo;
let now: number;

beforeAll(async () => {
  server = await startConnectedRedis();
  simulator = await startSimulator();
  const files = { "README.md": "#" };
  const collaborators = { reader: "read", sorter: "triage", writer: "write" } as const;
  open = await simulator.createRepository({ owner: "octo-org", name: "open", files, collaborators });
  closed = await simulator.createRepository({ owner: "octo-org", name: "closed", files, collaborators, private: true });
  const host = `127.0.0.1:${simulator.port}`;
  const at = { protocol: "http" as const, host, apiUrl: `http://${host}/api/v3`, webUrl: `http://${host}` };
  const { id: appId, privateKey } = simulator.app;
  github = makeGitHub({ appId, privateKey, github: at, throttle: false }, log);
  now = Date.now();
});
beforeEach(() => {
  now += 10 * MINUTE;
});
afterAll(async () => {
  await server.close();
  await closeGitHub(simulator);
});

const placeOf = ({ id, owner, name, installationId }: RepositoryInfo): Place => ({
  installationId,
  repository: { id, owner, name },
});

const judge = () => makeJudge({ github, now: () => now, log });
const rightsOf = (login: string, judged = judge()) =>
  judged.rightsOf({ kind: "person", id: simulator.createUser(login).id, login });

async function mayOf(login: string, repository: RepositoryInfo): Promise<string> {
  const { rights } = rightsOf(login);
  const place = placeOf(repository);
  return [(await rights.mayRead(place)) && "read", (await rights.mayWrite(place)) && "write"].filter(Boolean).join(" ");
}

describe("what somebody may see", () => {
  test("is in a private repository what their role there is", async () => {
    const all = ["stranger", "reader", "sorter", "writer"];
    expect(await Promise.all(all.map((login) => mayOf(login, closed)))).toEqual(["", "read", "read", "read write"]);
  });

  test("is in a public one nothing for those to whom nobody gave a role, as GitHub lets everybody read it", async () => {
    const all = ["stranger", "reader", "sorter", "writer"];
    expect(await Promise.all(all.map((login) => mayOf(login, open)))).toEqual(["", "", "read", "read write"]);
  });

  test("is nothing where GitHub does not answer, or another repository has the name", async () => {
    const fault = simulator.faults.api({ times: 1, match: { path: /\/permission$/ }, action: { status: 500 } });
    expect(await mayOf("writer", closed)).toBe("");
    expect(fault.fired).toBe(1);
    expect(await mayOf("writer", { ...closed, id: closed.id + 1 })).toBe("");
  });

  test("is asked once in five minutes, and not longer believed", async () => {
    const judged = judge();
    const asked = () => simulator.requests().filter(({ path }) => path.endsWith("/permission")).length;
    const before = asked();
    for (const _ of [1, 2, 3]) expect(await rightsOf("writer", judged).rights.mayWrite(placeOf(closed))).toBe(true);
    expect(asked() - before).toBe(1);
    simulator.setPermission(closed, "writer", undefined);
    now += 4 * MINUTE;
    expect(await rightsOf("writer", judged).rights.mayWrite(placeOf(closed))).toBe(true);
    now += MINUTE;
    expect(await rightsOf("writer", judged).rights.mayWrite(placeOf(closed))).toBe(false);
    simulator.setPermission(closed, "writer", "write");
  });

  test("is asked anew when the clock is set back: nothing is believed for longer by that", async () => {
    const judged = judge();
    expect(await rightsOf("writer", judged).rights.mayWrite(placeOf(closed))).toBe(true);
    simulator.setPermission(closed, "writer", undefined);
    now -= 60 * MINUTE;
    expect(await rightsOf("writer", judged).rights.mayWrite(placeOf(closed))).toBe(false);
    simulator.setPermission(closed, "writer", "write");
    now += 120 * MINUTE;
  });
});

test("a stream ends when the permission for what it shows is withdrawn, and others go on", async () => {
  const streams = new Set<EventStream>();
  const routes: DashboardRoute[] = [
    {
      method: "GET",
      path: "/events",
      async answer({ rights, signal, query }) {
        const isAllowed = await rights.mayRead(placeOf(query.get("of") === "open" ? open : closed));
        if (!isAllowed) return { kind: "nothing" };
        return {
          kind: "stream",
          async run(stream) {
            streams.add(stream);
            await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
            streams.delete(stream);
          },
        };
      },
    },
  ];
  const port = await freePort();
  const deps = { redis: server.redis, github, routes, now: () => now, log };
  const door = await openDoor(deps, { host: "127.0.0.1", port, operators: [] }, { recheckMs: 10 });
  const { id } = simulator.createUser("sorter");
  const cookie = await makeSessions(server.redis, () => now).begin({ by: "github", id, login: "sorter" });
  const sorter = visitorOf(`http://127.0.0.1:${port}`, `orch-${port}=${cookie}`);
  const shut = eventsOf(await sorter.get("/events"));
  const other = await sorter.get("/events?of=open");
  await vi.waitFor(() => expect(streams.size).toBe(2));
  const over = shut.next();
  simulator.setPermission(closed, "sorter", undefined);
  now += 5 * MINUTE;
  await expect(over).resolves.toMatchObject({ done: true });
  expect(streams.size).toBe(1);
  expect((await sorter.get("/events")).status).toBe(404);
  await other.body?.cancel();
  await door.stop();
});
