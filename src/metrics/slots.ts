/** How long hosts' slots have been taken and free, added up from what is seen at each scrape. */
import type { HostWithRuns } from "../views/hosts.ts";
import type { Sample } from "./names.ts";

/** Of what was between two scrapes further apart, no more is believed than this, ms. */
const AT_MOST_MS = 10 * 60_000;

export function makeSlotTime() {
  let lastAt: number | undefined;

  /** Each slot counts as it is now since the scrape before. */
  return (hosts: readonly HostWithRuns[], now: number): Sample[] => {
    const seconds = Math.min(AT_MOST_MS, Math.max(0, now - (lastAt ?? now))) / 1_000;
    lastAt = now;
    return hosts
      .filter(({ alive }) => alive)
      .flatMap(({ id, busy, slots }) =>
        Object.entries({ busy, idle: Math.max(0, slots - busy) }).map(([state, count]) => ({
          name: "orch_slot_seconds_total" as const,
          labels: { host: id, state },
          value: count * seconds,
        })),
      );
  };
}
