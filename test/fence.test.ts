import { describe, expect, test } from "vitest";
import { fenceOf } from "../src/fence.ts";
import { behind } from "../src/github-fetch.ts";
import { HELD_MS, NoLongerTaken, type Taken } from "../src/task/due-set.ts";

/** Something that was taken, by a clock that the test moves; a renewal's answer takes `answerMs`. */
function claim({ answerMs = 0, lost = false } = {}) {
  let [clock, renewedAt, renewals] = [0, 0, 0];
  const taken = {
    member: "task",
    sinceRenewalMs: () => clock - renewedAt,
    isHeld: () => clock - renewedAt < HELD_MS,
    keep: async () => {
      renewals += 1;
      const sentAt = clock;
      clock += answerMs;
      if (lost) throw new NoLongerTaken("task");
      renewedAt = sentAt;
    },
  } as unknown as Taken;
  const freeze = (ms: number) => {
    clock += ms;
  };
  return { taken, renewals: () => renewals, freeze };
}

function fencing(options: Parameters<typeof claim>[0] = {}) {
  const { taken, ...rest } = claim(options);
  const seen = { unanswered: 0, sent: 0 };
  const onUnanswered = async () => {
    seen.unanswered += 1;
  };
  const fence = fenceOf(taken, { now: () => 0, onUnanswered });
  /** `during`: while the change is on its way. */
  const ask = async (method: string, during: () => Response = () => new Response("{}")) => {
    const send = async () => {
      seen.sent += 1;
      return during();
    };
    return await behind(fence, send)("https://api.github.test/", { method });
  };
  const askGraphql = async (query: string) => {
    const body = JSON.stringify({ query });
    const failing = behind(fence, () => Promise.reject(new TypeError("fetch failed")));
    await failing("https://api.github.test/graphql", { method: "POST", body });
  };
  return { ...rest, seen, ask, askGraphql };
}

describe("a change", () => {
  test("is sent at once while the claim was renewed a moment ago", async () => {
    const { ask, seen, renewals } = fencing();
    await ask("POST");
    expect([seen.sent, renewals()]).toEqual([1, 0]);
  });

  test("is sent after the claim was renewed, when that is some time ago", async () => {
    const { ask, seen, renewals, freeze } = fencing();
    freeze(60_000);
    await ask("PATCH");
    expect([seen.sent, renewals()]).toEqual([1, 1]);
  });

  test("of somebody who was frozen past the claim is never sent", async () => {
    const { ask, seen, freeze } = fencing({ lost: true });
    freeze(60_000);
    await expect(ask("POST")).rejects.toThrow(NoLongerTaken);
    expect(seen.sent).toBe(0);
  });

  test("is never sent when each answer to the renewal comes too late", async () => {
    const { ask, seen, freeze } = fencing({ answerMs: HELD_MS });
    freeze(HELD_MS);
    await expect(ask("POST")).rejects.toThrow(NoLongerTaken);
    expect(seen.sent).toBe(0);
  });

  test("that was on its way while its sender froze is found out", async () => {
    const { ask, seen, freeze } = fencing({ lost: true });
    const frozen = () => {
      freeze(40_000);
      return new Response("{}");
    };
    await expect(ask("PATCH", frozen)).rejects.toThrow(NoLongerTaken);
    expect(seen).toEqual({ sent: 1, unanswered: 0 });
  });

  test.each([502, 504])("that a proxy answers with %i may be carried out yet", async (status) => {
    const { ask, seen } = fencing();
    await ask("POST", () => new Response("", { status }));
    expect(seen.unanswered).toBe(1);
  });

  test("without any answer may be carried out yet", async () => {
    const { ask, seen } = fencing();
    const cut = () => {
      throw new TypeError("fetch failed");
    };
    await expect(ask("DELETE", cut)).rejects.toThrow("fetch failed");
    expect(seen.unanswered).toBe(1);
  });

  test("that GitHub refuses is not", async () => {
    const { ask, seen } = fencing();
    await ask("POST", () => new Response("", { status: 422 }));
    expect(seen.unanswered).toBe(0);
  });
});

test("reading needs no claim", async () => {
  const { ask, seen, renewals, freeze } = fencing({ lost: true });
  freeze(60_000);
  await ask("GET");
  expect([seen.sent, renewals()]).toEqual([1, 0]);
});

test.each(["query { rateLimit { cost } }", "{ rateLimit { cost } }", "  query ($n: Int!) { rateLimit { cost } }"])(
  "a question in GraphQL is reading, and leaves nothing open: %s",
  async (query) => {
    const { askGraphql, seen, renewals, freeze } = fencing({ lost: true });
    freeze(60_000);
    await expect(askGraphql(query)).rejects.toThrow("fetch failed");
    expect([seen.unanswered, renewals()]).toEqual([0, 0]);
  },
);

test("a mutation is a change", async () => {
  const { askGraphql, seen } = fencing();
  await expect(askGraphql("mutation { addReaction { subject { id } } }")).rejects.toThrow("fetch failed");
  expect(seen.unanswered).toBe(1);
});
