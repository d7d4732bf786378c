/** Hears what GitHub delivers, and asks again for what it could not deliver, or what we had to refuse. */
import { isWorthCatchingUp, makeApp } from "../app.ts";
import { makeIngress } from "../ingress/ingress.ts";
import { type CatchingUp, type CatchUpTimes, startCatchingUp } from "../reconcile/missed-deliveries.ts";
import type { Route } from "../server.ts";
import type { Background } from "./background.ts";
import type { BotParts } from "./parts.ts";

export type WebhookDeps = BotParts & Pick<Background, "schedules" | "wakeIntake"> & { times: CatchUpTimes };

export type Webhook = {
  /** Where GitHub delivers. */
  route: Route;
  /** To be called once the route is answered. */
  catchUp(): void;
  stop(): Promise<void>;
};

export function openWebhook({ config, storage, github, times, now, log, ...background }: WebhookDeps): Webhook {
  const { redis, isFit } = storage;
  const { appId, labels, webhookSecret: secret } = config;
  const listeners = makeApp({ ...storage, ...background, appId, labels, now, log });
  const receive = makeIngress({ secret, listeners, isFit, log });
  const hears = (name: string) => isWorthCatchingUp(listeners, name);
  let catching: CatchingUp | undefined;
  return {
    route: { method: "POST", path: config.webhookPath, answer: whenRefused(receive, () => catching?.soon()) },
    catchUp: () => {
      catching = startCatchingUp({ redis, github, hears, isFit, times, now, log });
    },
    stop: async () => await catching?.stop(),
  };
}

/** Calls back when a delivery was not taken, though it might have been at another time. */
function whenRefused(receive: Route["answer"], refused: () => void): Route["answer"] {
  return async (request) => {
    const answer = await receive(request);
    if (answer.status === 503) refused();
    return answer;
  };
}
