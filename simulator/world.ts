/**
 * Everything that one running simulator consists of, handed from function to function. Made in `simulator.ts`, nowhere else.
 */
import type { EventEmitter } from "node:events";
import type { components } from "@octokit/openapi-types";
import type { Faults } from "./faults.ts";
import type { Judge } from "./judge/judge.ts";
import type { Limits } from "./limits.ts";
import type { SecondaryLimits } from "./secondary-limits.ts";
import type { AppIdentity } from "./store/model.ts";
import type { SignIns } from "./store/sign-ins.ts";
import type { Store } from "./store/store.ts";
import type { UsageBook } from "./usage.ts";
import type { Webhooks } from "./webhooks/outbox.ts";

export type Schemas = components["schemas"];

export type World = {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  url: string;
  /** Where the bare repositories are. */
  dataDir: string;
  store: Store;
  app: AppIdentity;
  tokenFormat: "classic" | "stateless";
  webhooks: Webhooks;
  faults: Faults;
  limits: Limits;
  secondaryLimits: SecondaryLimits;
  usage: UsageBook;
  signIns: SignIns;
  judge: Judge | undefined;
  violations: string[];
  /** One turn at a time per repository for everything that moves refs; the key is the repository's id. */
  turns: Map<number, Promise<unknown>>;
  /** "arrival", "request", "delivery", "violation" and "change". */
  bus: EventEmitter;
  log: (line: string) => void;
};

/** Records what the judge found, or a failure inside, and tells whoever listens for "violation". */
export function violated(world: World, ...texts: readonly string[]): void {
  for (const text of texts) {
    world.violations.push(text);
    world.bus.emit("violation", text);
  }
}

/** Runs `deed` when all earlier deeds on that repository are over, whatever their end. */
export function inTurn<T>(world: World, repositoryId: number, deed: () => Promise<T>): Promise<T> {
  const before = world.turns.get(repositoryId) ?? Promise.resolve();
  const mine = before.then(deed, deed);
  world.turns.set(repositoryId, mine);
  return mine;
}
