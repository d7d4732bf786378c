/** Who has room for one more stream. */
import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { makeStreams, type Owner } from "../../../dashboard/door/streams.ts";

const person = (viewer: number, session = 1): Owner => ({
  session: `s${viewer}-${session}`,
  viewer: String(viewer),
  isOperator: false,
});
const operator: Owner = { session: "o", viewer: "o", isOperator: true };

/** Of a browser that reads nothing, and stays. */
const response = () =>
  Object.assign(new EventEmitter(), {
    writeHead: () => undefined,
    flushHeaders: () => undefined,
    write: () => true,
    end: () => undefined,
    destroy: () => undefined,
  }) as unknown as ServerResponse;

function openedFor(owners: readonly Owner[]) {
  const streams = makeStreams();
  const gone = new AbortController();
  const run = () => new Promise<void>((resolve) => gone.signal.addEventListener("abort", () => resolve()));
  const all = owners.map((owner) => streams.serve(response(), { owner, gone: gone.signal, run }));
  return {
    ...streams,
    async end() {
      gone.abort();
      await Promise.all(all);
    },
  };
}

test("one person has sixty-four, in however many sessions", async () => {
  const opened = openedFor(Array.from({ length: 64 }, (_, nth) => person(1, nth % 16)));
  expect(opened.hasRoom(person(1, 17))).toBe(false);
  expect(opened.hasRoom(person(2))).toBe(true);
  await opened.end();
  expect(opened.hasRoom(person(1, 17))).toBe(true);
});

test("people who have all that there are leave some for whoever operates Orch", async () => {
  const opened = openedFor(Array.from({ length: 400 }, (_, nth) => person(nth % 10)));
  expect(opened.hasRoom(person(11))).toBe(false);
  expect(opened.hasRoom(operator)).toBe(true);
  await opened.end();
});
