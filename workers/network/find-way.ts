/** Where a request of a sandbox may go, or the words in which it is refused. */
import { judge, type Refusal } from "./judge.ts";
import type { Outside, ProxyOptions } from "./outside.ts";
import { BadTarget, type Target, written } from "./target.ts";

/** What is told to whoever asked. */
export type ErrorResponse = { status: number; reason: string; text: string };
type Way = { kind: "way"; target: Target; addresses: readonly string[] } | { kind: "no"; answer: ErrorResponse };

/** Where the request may go, or what its sender is told instead. */
export async function findWay(options: Outside, read: () => Target): Promise<Way> {
  const way = await judgeWay(options, read);
  const { policy, dialled } = options;
  if (way.kind === "no" || dialled.size < policy().limits.connections) return way;
  return blocked(options, way.target, { why: tooMany(options), lift: byOperator("limits.connections") });
}

async function judgeWay(options: ProxyOptions, read: () => Target): Promise<Way> {
  let target: Target;
  try {
    target = read();
  } catch (error) {
    if (!(error instanceof BadTarget)) throw error;
    return no(400, "Bad Request", `Orch's network proxy: ${error.message}.`);
  }
  const policy = options.policy();
  if (options.isSpent()) {
    const gigabytes = Math.round(policy.limits.bytes / 1e8) / 10;
    const why = `this sandbox has used up the ${gigabytes} GB that it may transfer`;
    return blocked(options, target, { why, lift: byOperator("limits.trafficGigabytes") });
  }
  const verdict = await judge(policy, target, options.machine);
  switch (verdict.kind) {
    case "pass":
      return { kind: "way", target, addresses: verdict.addresses };
    case "blocked":
      return blocked(options, target, verdict);
    case "unknown":
      return no(502, "Bad Gateway", `Orch's network proxy: ${written(target)} has no address: ${verdict.message}.`);
  }
}

const byOperator = (key: string) =>
  `Only the operator of this worker host can raise that, by \`${key}\` in Orch's settings.`;

const no = (status: number, reason: string, text: string): Way => ({ kind: "no", answer: { status, reason, text } });

function blocked(options: ProxyOptions, target: Target, { why, lift }: Refusal): Way {
  options.onBlocked({ host: target.host, port: target.port, why });
  return no(
    403,
    "Blocked by Orch",
    `Orch blocked the connection to ${written(target)}: ${why}. ` +
      `Nothing inside this sandbox can change that, so do not try other ways to get there. ${lift} ` +
      "Go on without it, or say in your last words that you needed it.",
  );
}

export const tooMany = ({ policy }: ProxyOptions) =>
  `the sandbox has ${policy().limits.connections} connections open already`;

export const unreachable = (target: Target, error: Error): ErrorResponse => ({
  status: 502,
  reason: "Bad Gateway",
  text: `Orch's network proxy cannot reach ${written(target)}: ${error.message}.`,
});
