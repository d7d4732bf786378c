/**
 * Things that go wrong on demand. A rule fires for its next `times` matches and counts what it fired, so that a test
 * can prove that its fault really happened.
 */
export type FaultHandle = {
  /** How often the rule has fired so far. */
  readonly fired: number;
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
  /** Answered correctly, after this many milliseconds. */
  | { slowMs: number };

export type ApiFault = { times: number; match?: { method?: string; path?: RegExp }; action: ApiFaultAction };

/** What happens to a matched delivery. A dropped one stands as failed in the delivery log, as on GitHub. */
export type DeliveryFault = { times: number; event?: string; action: "drop" | "double" | "hold" };

export type Faults = {
  addApi(rule: ApiFault): FaultHandle;
  addDelivery(rule: DeliveryFault): FaultHandle;
  /** The action for this call, counted as fired, or undefined. `path` is without /api/v3 and query. */
  takeApi(method: string, path: string): ApiFaultAction | undefined;
  takeDelivery(event: string, action: string | undefined): DeliveryFault["action"] | undefined;
};

type Armed<Rule> = { rule: Rule; left: number; fired: number };

function arm<Rule extends { times: number }>(rules: Armed<Rule>[], rule: Rule): FaultHandle {
  const armed: Armed<Rule> = { rule, left: rule.times, fired: 0 };
  rules.push(armed);
  return {
    get fired() {
      return armed.fired;
    },
    cancel() {
      armed.left = 0;
    },
  };
}

function take<Rule>(rules: Armed<Rule>[], matches: (rule: Rule) => boolean): Rule | undefined {
  const armed = rules.find((each) => each.left > 0 && matches(each.rule));
  if (!armed) return undefined;
  armed.left -= 1;
  armed.fired += 1;
  return armed.rule;
}

export function makeFaults(): Faults {
  const api: Armed<ApiFault>[] = [];
  const deliveries: Armed<DeliveryFault>[] = [];
  return {
    addApi: (rule) => arm(api, rule),
    addDelivery: (rule) => arm(deliveries, rule),
    takeApi: (method, path) =>
      take(api, ({ match }) => (match?.method ?? method) === method && (match?.path?.test(path) ?? true))?.action,
    takeDelivery: (event, action) =>
      take(deliveries, (rule) => [undefined, event, `${event}.${action}`].includes(rule.event))?.action,
  };
}
