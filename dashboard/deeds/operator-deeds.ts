/** What whoever operates Orch can do to all of it: hold tasks back, let them go on, drain a host. */
import { setTimeout as delay } from "node:timers/promises";
import type { Deed } from "../../src/task/deeds.ts";
import { keys } from "../../src/task/keys.ts";
import { pauseAll, resumeAll } from "../../src/task/pause.ts";
import type { DashboardDeps } from "../deps.ts";
import type { Answer, DashboardRoute, Visit } from "../visit.ts";
import { deedKey, formKeyOf, nameOf } from "./form-key.ts";

type Deps = Pick<DashboardDeps, "redis" | "deeds" | "hosts" | "now">;

/** A host whose connection is away hears nothing; it is told again for so long, ms. */
const TELL_WITHIN_MS = 3_000;
const TELL_EVERY_MS = 500;

export function operatorDeedRoutes(deps: Deps): DashboardRoute[] {
  const { redis, now } = deps;
  return [
    post("/queue/pause", async (visit) => {
      const began = await pauseAll(redis, {
        since: now(),
        by: visit.viewer.kind === "operator" ? visit.viewer.name : "",
      });
      await note(deps, visit, { verb: "pause", done: began });
      return { kind: "see", to: "/" };
    }),
    post("/queue/resume", async (visit) => {
      const ended = await resumeAll(redis, now());
      await note(deps, visit, { verb: "resume", done: ended });
      return { kind: "see", to: "/" };
    }),
    post("/hosts/:id/drain", async (visit) => {
      const { id = "" } = visit.params;
      const host = (await deps.hosts()).find((each) => each.id === id);
      if (!host) return { kind: "nothing" };
      const done = host.alive && (await drain(deps, id, visit.signal));
      await note(deps, visit, { verb: "drain", done, host: id });
      return { kind: "see", to: `/hosts/${id}` };
    }),
  ];
}

const post = (path: string, answer: (visit: Visit) => Promise<Answer>): DashboardRoute => ({
  method: "POST",
  path,
  operatorsOnly: true,
  answer,
});

/** Whether it drains, or is gone already. A second signal would end it at once, so it is told only while it has not begun. */
async function drain({ redis, hosts }: Deps, id: string, signal: AbortSignal): Promise<boolean> {
  for (const giveUpAt = performance.now() + TELL_WITHIN_MS; performance.now() < giveUpAt && !signal.aborted; ) {
    const host = (await hosts()).find((each) => each.id === id);
    if (!host || host.draining) return true;
    await redis.publish(keys.drain, id);
    await delay(TELL_EVERY_MS);
  }
  return false;
}

async function note(
  { redis, deeds, now }: Deps,
  visit: Visit,
  deed: Pick<Deed, "verb" | "done"> & Partial<Pick<Deed, "host">>,
): Promise<void> {
  const { viewer } = visit;
  const name = viewer.kind === "operator" ? viewer.name : viewer.login;
  const by = { name, ...(viewer.id !== undefined && { id: viewer.id }) };
  const about = `${nameOf(viewer)} ${deed.verb} ${deed.host ?? ""}`;
  const key = deedKey(viewer, about, await formKeyOf(redis, visit, about));
  await deeds.note(`dashboard-${key}`, { at: now(), by, via: "dashboard", tasks: [], ...deed });
}
