/** Notes down what whoever operates Orch did at their command line, beside what people did elsewhere. */
import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import type { Env } from "../src/config.ts";
import { type Deed, makeDeeds } from "../src/task/deeds.ts";
import { operatorName } from "./consent.ts";

type Did = Pick<Deed, "verb" | "done"> & Partial<Pick<Deed, "tasks" | "host" | "place" | "program">>;

export async function noteDeed(redis: Redis, env: Env, did: Did): Promise<void> {
  const by = { name: operatorName(env) };
  await makeDeeds(redis).note(`cli-${randomUUID()}`, { at: Date.now(), by, via: "cli", tasks: [], ...did });
}
