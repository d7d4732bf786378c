/**
 * `orch debug TASK`: one file with all that is known of a task, to look at, or to give to somebody who may help. No secret of this machine is in it.
 * It holds what people and agents have written, and paths of the repository: whoever gives it away gives that.
 */
import { existsSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Env } from "../src/config.ts";
import { bundleName, bundleOf } from "../src/debug/bundle.ts";
import { VERSION } from "../src/task/version.ts";
import { gather } from "./debug/gather.ts";
import { secretsHere } from "./debug/secrets-here.ts";
import { oneTask } from "./one-task.ts";
import { refuse } from "./refuse.ts";
import { withRedis } from "./with-redis.ts";

export type DebugOptions = { output?: string; json?: boolean };

/** It starts sandboxes and agents: on a machine that is in trouble it may hang, and the rest is worth having all the same. */
const DOCTOR_MS = 60_000;

/** Exit code 0 when the file is written; 1 when no task fits, several do, or there is such a file already. */
export async function debug(env: Env, text: string, options: DebugOptions, doctor = askDoctor): Promise<number> {
  return await withRedis(env, "debug", async (redis) => {
    const found = await oneTask(redis, text);
    if ("lines" in found) return refuse(found.lines.join("\n"), options);
    const { id } = found.task.spec;
    const to = resolve(options.output ?? `${bundleName(id)}.tar.gz`);
    if (existsSync(to)) return refuse(`${to} exists already: name another with -o.`, options);
    const gathered = await gather(redis, env, found.task, () => inTime(doctor(env)));
    const about = { task: id, secrets: secretsHere(env), about: { orch: VERSION }, at: Date.now() };
    const { files, tar } = await bundleOf(gathered, about);
    writeFileSync(to, tar, { flag: "wx", mode: 0o600 });
    if (options.json) process.stdout.write(`${JSON.stringify({ task: id, file: to, files })}\n`);
    else {
      process.stdout.write(`${to}\n`);
      process.stderr.write(
        `${files.length} files, without secrets of this machine; what was asked and said is in them.\n`,
      );
    }
    return 0;
  });
}

async function askDoctor(env: Env): Promise<object> {
  const { doctorReport } = await import("./doctor.ts");
  return await doctorReport(env);
}

async function inTime(doctor: Promise<object>): Promise<object> {
  const given = new AbortController();
  const late = delay(DOCTOR_MS, { error: "it took too long" }, { signal: given.signal });
  late.catch(() => undefined); // it is not waited for once there is an answer
  const answer = await Promise.race([doctor, late]).catch((error: unknown) => ({ error: String(error) }));
  given.abort();
  return answer;
}
