/**
 * Things that go wrong on demand. A rule fires for its next `times` matches and counts what it fired, so that a test
 * can prove that its fault really happened.
 */
export type FaultHandle = {
  /** How often the rule has fired so far. */
  readonly fired: number;
  /** Resolves when the rule fires for the first time. */
  readonly firing: Promise<void>;
  /** Resolves when a call that the rule let through, "lost" or late, has been carried out for the first time. */
  readonly landed: Promise<void>;
  /** Ends the rule early. */
  cancel(): void;
};

/** What a matched API call (REST or git) gets instead of, or before, its answer. */
export type ApiFaultAction =
  | { status: number; headers?: Record<string, string>; body?: unknown }
  /** Never answered; the client must give up by itself. */
  | "hang"
  /** The connection is cut without an answer. */
  | "reset"
  /** Carried out, and then the connection is cut: the client cannot know. */
  | "lost"
  | ApiLate
  | ApiDelay;

/**
 * Heard at once, and carried out only after this many milliseconds, or once the promise is resolved, whether the client
 * still waits or gave up long before.
 */
export type ApiLate = { lateMs: number } | { lands: Promise<unknown> };

/** Answered correctly, after this many milliseconds, or once the promise is resolved. */
export type ApiDelay = { slowMs: number } | { until: Promise<unknown> };

export type ApiFault = { times: number; match?: { method?: string; path?: RegExp }; action: ApiFaultAction };

/** What happens to a matched delivery. A dropped one stands as failed in the delivery log, as on GitHub. */
export type DeliveryFault = { times: number; event?: string; action: "drop" | "double" | "hold" };

/** A rule's action for one call; `landed` is to be called when that call has been carried out. */
export type Taken = { action: ApiFaultAction; landed: () => void };

export type Faults = {
  addApi(rule: ApiFault): FaultHandle;
  addDelivery(rule: DeliveryFault): FaultHandle;
  /** The action for this call, counted as fired, or undefined. `path` is without /api/v3 and query. */
  takeApi(method: string, path: string): Taken | undefined;
  takeDelivery(event: string, action: string | undefined): DeliveryFault["action"] | undefined;
};

type Armed<Rule> = { rule: Rule; left: number; fired: number; fire: () => void; land: () => void };

function arm<Rule extends { times: number }>(rules: Armed<Rule>[], rule: Rule): FaultHandle {
  const { promise: firing, resolve: fire } = Promise.withResolvers<void>();
  const { promise: landed, resolve: land } = Promise.withResolvers<void>();
  const armed: Armed<Rule> = { rule, left: rule.times, fired: 0, fire, land };
  rules.push(armed);
  return {
    get fired() {
      return armed.fired;
    },
    firing,
    landed,
    cancel() {
      armed.left = 0;
    },
  };
}

function take<Rule>(rules: Armed<Rule>[], matches: (rule: Rule) => boolean): Armed<Rule> | undefined {
  const armed = rules.find((each) => each.left > 0 && matches(each.rule));
  if (!armed) return undefined;
  armed.left -= 1;
  armed.fired += 1;
  armed.fire();
  return armed;
}

export function makeFaults(): Faults {
  const api: Armed<ApiFault>[] = [];
  const deliveries: Armed<DeliveryFault>[] = [];
  return {
    addApi: (rule) => arm(api, rule),
    addDelivery: (rule) => arm(deliveries, rule),
    takeApi(method, path) {
      const fits = ({ match }: ApiFault) => (match?.method ?? method) === method && (match?.path?.test(path) ?? true);
      const taken = take(api, fits);
      return taken && { action: taken.rule.action, landed: taken.land };
    },
    takeDelivery: (event, action) =>
      take(deliveries, (rule) => [undefined, event, `${event}.${action}`].includes(rule.event))?.rule.action,
  };
}
