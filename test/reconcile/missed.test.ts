import { describe, expect, test } from "vitest";
import { type Attempt, askedNow, dueAt, MAX_ASKED, MAX_RESTARTS, missedOf } from "../../src/reconcile/missed.ts";

const MINUTE = 60_000;
const attempt = (changes: Partial<Attempt> = {}): Attempt => ({
  id: "1",
  guid: "a",
  name: "issue_comment.created",
  at: 1_000,
  arrived: false,
  ...changes,
});
const hears = (name: string) => name.startsWith("issue");

describe("what was missed", () => {
  test("is an event that we hear and no attempt brought, with its last attempt", () => {
    const attempts = [
      attempt({ id: "2", guid: "b", at: 1_000 }),
      attempt({ id: "1", at: 1_000 }),
      attempt({ id: "9", at: 9_000 }),
    ];
    expect(missedOf(attempts, hears)).toEqual([
      { guid: "b", name: "issue_comment.created", id: "2", firstAt: 1_000, lastAt: 1_000 },
      { guid: "a", name: "issue_comment.created", id: "9", firstAt: 1_000, lastAt: 9_000 },
    ]);
  });

  test("stands in order, commands before pushes: nobody waits for those", () => {
    const attempts = [
      attempt({ guid: "a", name: "push" }),
      attempt({ guid: "b", at: 2_000 }),
      attempt({ guid: "c", name: "push", at: 3_000 }),
      attempt({ guid: "d", at: 4_000 }),
    ];
    expect(missedOf(attempts, () => true).map(({ guid }) => guid)).toEqual(["b", "d", "a", "c"]);
  });

  test("is nothing that arrived, first or later, and nothing that we do not hear", () => {
    const arrivedLater = [attempt(), attempt({ id: "2", at: 2_000, arrived: true })];
    const arrivedBefore = [attempt({ arrived: true }), attempt({ id: "2", at: 2_000 })];
    expect(missedOf(arrivedLater, hears)).toEqual([]);
    expect(missedOf(arrivedBefore, hears)).toEqual([]);
    expect(missedOf([attempt({ name: "push" })], hears)).toEqual([]);
    expect(missedOf([], hears)).toEqual([]);
  });
});

describe("when it is asked for again", () => {
  const patience = { startedAt: 100 * MINUTE, minAgeMs: MINUTE };
  const missed = (lastAt: number) => ({ guid: "a", name: "x", id: "1", firstAt: lastAt, lastAt });

  test("at once when it was tried before this bot listened, else when GitHub is surely done with it", () => {
    expect(dueAt(missed(99 * MINUTE), undefined, patience)).toBe(99 * MINUTE);
    expect(dueAt(missed(100 * MINUTE), undefined, patience)).toBe(101 * MINUTE);
  });

  test("ever later, and then no more", () => {
    const times = [1, 2, 3].map((count) => dueAt(missed(0), { times: count, at: 200 * MINUTE }, patience));
    expect(times).toEqual([215 * MINUTE, 380 * MINUTE, undefined]);
    expect(MAX_ASKED).toBe(3);
  });

  test("at once when the bot ended meanwhile, but only so often: it may have died of it", () => {
    const seen = missed(99 * MINUTE);
    let asked = askedNow(seen, undefined, patience, 98 * MINUTE);
    expect(asked).toEqual({ times: 1, at: 98 * MINUTE });
    for (let restarts = 1; restarts <= MAX_RESTARTS; restarts += 1) {
      expect(dueAt(seen, asked, patience)).toBe(99 * MINUTE);
      asked = askedNow(seen, asked, patience, 99 * MINUTE);
      expect(asked).toEqual({ times: 1, at: 99 * MINUTE, restarts });
    }
    expect(dueAt(seen, asked, patience)).toBe(114 * MINUTE);
    expect(askedNow(seen, asked, patience, 114 * MINUTE)).toMatchObject({ times: 2, restarts: MAX_RESTARTS });
  });

  test("not at once when this bot itself has asked", () => {
    expect(dueAt(missed(99 * MINUTE), { times: 1, at: 101 * MINUTE }, patience)).toBe(116 * MINUTE);
  });

  test("not while an attempt by somebody else may be under way", () => {
    expect(dueAt(missed(500 * MINUTE), { times: 1, at: 200 * MINUTE }, patience)).toBe(501 * MINUTE);
  });
});
