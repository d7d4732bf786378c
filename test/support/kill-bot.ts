/**
 * Kills the bot at each of its steps. A step is a kind of change, on GitHub or in Redis; which kinds there are is found out
 * on the way. The bot dies twice of each: before the change is made, and when it is made and the bot has not heard so.
 */
import { keys } from "../../src/task/keys.ts";
import type { Orch, Place } from "./orch.ts";
import type { RedisProxyOptions } from "./redis-proxy.ts";

export type Killer = {
  /** How often the bot has died of which kind of change: twice, when all went well. */
  deaths(): Record<string, number>;
  /** Kills no more; resolves when the bot is up. */
  stop(): Promise<void>;
};

/** With each kind of change about the place on GitHub, or with some of them. */
export function killAtGitHub(orch: Orch, { repository }: Place, which = /./): Killer {
  const life = makeLife(() => orch);
  const deaths = new Map<string, number>();
  type Request = { method: string; path: string; status: number };
  const kindOf = ({ method, path }: Request) => {
    const about = `/repos/${repository.fullName}/`;
    if (method === "GET" || !path.startsWith(about)) return undefined;
    // Belongs to no task, and comes when it likes.
    if (path === `${about}check-suites/preferences`) return undefined;
    return `${method} ${path.slice(about.length).replace(/\d+/g, "N")}`;
  };
  const refuse = ({ method, path }: Request) => {
    const match = { method, path: new RegExp(`^${path.replace(/[.+]/g, "\\$&")}$`) };
    orch.simulator.faults.api({ times: 1, match, action: "reset" });
  };
  const before = (request: Request) => {
    const kind = kindOf(request);
    if (kind === undefined) return;
    // A signal takes its time, and the dead make no changes.
    if (life.isEnding()) return refuse(request);
    if (deaths.has(kind) || !which.test(kind)) return;
    deaths.set(kind, 1);
    refuse(request);
    life.end();
  };
  const after = (request: Request) => {
    const kind = kindOf(request);
    if (kind === undefined || life.isEnding() || deaths.get(kind) !== 1 || request.status === 0) return;
    deaths.set(kind, 2);
    life.end();
  };
  orch.simulator.on("arrival", before);
  orch.simulator.on("request", after);
  return {
    deaths: () => Object.fromEntries(deaths),
    stop: async () => {
      orch.simulator.off("arrival", before);
      orch.simulator.off("request", after);
      await life.isUp();
    },
  };
}

/** With each kind of change in Redis: to be put between the bot and its Redis. It kills from `begin` on. */
export function killAtRedis(theOrch: () => Orch) {
  const life = makeLife(theOrch);
  const deaths = new Map<string, number>();
  let begun = false;
  const fateOf: RedisProxyOptions["fateOf"] = (command) => {
    const kind = begun && !life.isEnding() ? changeOf(command) : undefined;
    const times = (kind && deaths.get(kind)) || 0;
    if (kind === undefined || times === 2) return "answered";
    deaths.set(kind, times + 1);
    life.announceEnd();
    return times === 0 ? "not carried out" : "not answered";
  };
  return {
    fateOf,
    onCut: life.end,
    begin: () => {
      begun = true;
    },
    deaths: () => Object.fromEntries(deaths),
    stop: async () => {
      begun = false;
      await life.isUp();
    },
  };
}

/** Of what the bot sends to Redis; whatever is not here counts as a change. */
const READS = new Set(
  "client config exists get hello hget hgetall hkeys hmget info lrange mget ping scan sismember smembers subscribe xrange xread xrevrange zcard zmscore zrange zrangebyscore zunion".split(
    " ",
  ),
);
/** A script's keys, when it only says when to look again: it comes when its time has come. */
const IS_RENEWAL = /^\S+ \S+:taken$/;
/** The keys of taking, putting off and ending. */
const IS_DUE_SET = /^\S+ \S+:taken \S+:news$/;

/** E.g. `set task:TASK:shown`; of a script its keys, how many values it has (some have the same keys), and the event. */
function changeOf([word = "", ...rest]: readonly string[]): string | undefined {
  const name = word.toLowerCase();
  if (READS.has(name)) return undefined;
  const isScript = name === "eval" || name === "evalsha";
  const count = isScript ? Number(rest[1]) : 1;
  const [changed, values] = isScript ? [rest.slice(2, 2 + count), rest.slice(2 + count)] : [rest.slice(0, 1), []];
  const isPutOff = IS_DUE_SET.test(changed.join(" ")) && values.length === 3 && values[2] !== "";
  if (isScript && (isPutOff || IS_RENEWAL.test(changed.join(" ")))) return undefined;
  // What comes round does so at its own times, and so do schedules and second looks; budgets are only hints. Stories of their own.
  const others = [
    keys.round(""),
    keys.jobless,
    keys.caughtUp,
    keys.redelivered(""),
    keys.repositories,
    "orch:schedules:",
    keys.secondLooks,
    keys.budgets,
    "orch:budget:",
  ];
  if (changed.some((key) => others.some((other) => key.startsWith(other)))) return undefined;
  if (changed[0]?.startsWith("bull:")) return `BullMQ ${isScript ? "script" : name}`;
  const names = changed.map((key) =>
    key
      .replace(/^orch:/, "")
      .replace(/\bt[a-z0-9]{15}\b/, "TASK")
      .replace(/\b[0-9a-f]{40}\b/, "SHA")
      .replace(/\d+/g, "N"),
  );
  if (!isScript) return `${name} ${names}`;
  if (IS_DUE_SET.test(changed.join(" ")) && values.length >= 7) return `script ${names.join(" ")}: take`;
  const event = values.find((value) => value.startsWith('{"at":'));
  const what = event ? (JSON.parse(event) as { what: string }).what : `${values.length} values`;
  return `script ${names.join(" ")}: ${what}`;
}

/** Lives of the bot, one after another. */
function makeLife(theOrch: () => Orch) {
  let ending = false;
  let reviving: Promise<void> | undefined;

  async function revive(): Promise<void> {
    const orch = theOrch();
    while (ending) {
      await orch.bot.kill();
      await letLeasesRunOut(orch);
      ending = false;
      await orch.bot.start().catch((error: unknown) => {
        if (!ending) throw error; // else we have killed it while it started
      });
    }
  }

  return {
    /** What a dying bot does besides is not looked at. */
    isEnding: () => ending,
    announceEnd: () => {
      ending = true;
    },
    end() {
      ending = true;
      void theOrch().bot.kill();
      reviving ??= revive().finally(() => {
        reviving = undefined;
      });
    },
    isUp: async () => await reviving,
  };
}

/** As if the seconds had passed that a dead bot still keeps what it had taken. */
async function letLeasesRunOut({ redis }: Orch): Promise<void> {
  for (const due of [keys.unreported, keys.inbox, ...(await redis.keys(keys.round("*")))]) {
    if (!due.endsWith(":taken") && !due.endsWith(":news"))
      for (const name of await redis.zrange(due, "0", "-1")) await redis.zadd(due, "XX", 1, name);
  }
}
