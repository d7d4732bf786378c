/**
 * Where the dashboard is, for the command line: each bot that serves one says so in Redis, and proves that it is one. Else any program of the machine
 * could take the port first, and be given the link that is meant for us.
 */
import { createHmac, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import type { Redis } from "ioredis";
import { z } from "zod";
import { equalInConstantTime } from "../../src/ingress/signature.ts";
import type { Logger } from "../../src/log.ts";
import { keys } from "../../src/task/keys.ts";
import { readRecord, warnOfUnreadable } from "../../src/task/record.ts";
import { type Exchange, respond } from "./respond.ts";

const SAY_EVERY_MS = 5_000;
/** What was said longer ago, or by a clock that was set back since, a bot said that is gone. */
const HOLDS_MS = 20_000;
const ASK_WITHIN_MS = 3_000;
const NONCE = /^[0-9a-f]{32,64}$/;

const shape = z.looseObject({ url: z.string(), local: z.string(), at: z.number() });

/** `url`: for people. `local`: for this machine. */
export type DashboardAt = { url: string; local: string };
/** `name`: of the bot that serves it. */
export type FoundDashboard = DashboardAt & { name: string; isHere: boolean };

/** Of this bot. A proof is of one bot: else whoever has the port of one that died could have another one prove it. */
const nameHere = (): string => `${hostname()}/${process.pid}`;

async function secretOf(redis: Redis): Promise<string> {
  await redis.set(keys.dashboardSecret, randomBytes(32).toString("hex"), "NX");
  return (await redis.get(keys.dashboardSecret)) ?? "";
}

const signed = (secret: string, nonce: string, name: string): string =>
  createHmac("sha256", secret).update(`${nonce} ${name}`).digest("hex");

export function makeProof(redis: Redis) {
  /** False where the path is another one. */
  async function answer(exchange: Exchange, url: URL): Promise<boolean> {
    if (exchange.request.method !== "GET" || url.pathname !== "/login/proof") return false;
    const nonce = url.searchParams.get("of") ?? "";
    if (!NONCE.test(nonce)) return false;
    const body = signed(await secretOf(redis), nonce, nameHere());
    await respond(exchange, { kind: "bytes", type: "text/plain; charset=utf-8", body });
    return true;
  }
  return { answer };
}

/** Says so as long as it listens. */
export function sayWhere(
  redis: Redis,
  { at, isListening, now, log }: { at: DashboardAt; isListening: () => boolean; now: () => number; log: Logger },
) {
  const name = nameHere();
  const say = async () => {
    if (!isListening()) return;
    await forgetGone(redis, now());
    await redis.hset(keys.dashboardsAt, name, JSON.stringify({ ...at, at: now() }));
  };
  const retry = () =>
    void say().catch((error: unknown) => log.debug({ err: error }, "where the dashboard is is said again"));
  retry();
  const timer = setInterval(retry, SAY_EVERY_MS).unref();
  return {
    async stop() {
      clearInterval(timer);
      await redis
        .hdel(keys.dashboardsAt, name)
        .catch((error: unknown) => log.debug({ err: error }, "it ages by itself"));
    },
  };
}

/** A bot that was killed does not say that it is gone. */
async function forgetGone(redis: Redis, now: number): Promise<void> {
  const all = Object.entries(await redis.hgetall(keys.dashboardsAt));
  const gone = all.filter(([, text]) => !holds(saidIn(text)?.at ?? 0, now)).map(([name]) => name);
  if (gone.length > 0) await redis.hdel(keys.dashboardsAt, ...gone);
}

const holds = (at: number, now: number): boolean => Math.abs(now - at) < HOLDS_MS;

const saidIn = (text: string) =>
  readRecord<z.output<typeof shape>>(keys.dashboardsAt, shape, () => JSON.parse(text), warnOfUnreadable);

/** One of this machine first, and of several the one that said so last: a bot that was killed stands there for a while. Undefined where there is none. */
export async function findDashboard(redis: Redis, now: number): Promise<FoundDashboard | undefined> {
  const all = Object.entries(await redis.hgetall(keys.dashboardsAt)).flatMap(([name, text]) => {
    const said = saidIn(text);
    return said && holds(said.at, now) ? [{ ...said, name, isHere: name.startsWith(`${hostname()}/`) }] : [];
  });
  const [latest] = all.toSorted((one, other) => Number(other.isHere) - Number(one.isHere) || other.at - one.at);
  return latest;
}

/** Whether what listens there is the bot that says so, which knows what only programs with this Redis know. */
export async function isOurs(redis: Redis, { local, name }: Pick<FoundDashboard, "local" | "name">): Promise<boolean> {
  const nonce = randomBytes(16).toString("hex");
  try {
    const answer = await fetch(`${local}/login/proof?of=${nonce}`, {
      signal: AbortSignal.timeout(ASK_WITHIN_MS),
      redirect: "error",
    });
    const said = (await answer.text()).slice(0, 100);
    return answer.ok && equalInConstantTime(said, signed(await secretOf(redis), nonce, name));
  } catch {
    return false;
  }
}
