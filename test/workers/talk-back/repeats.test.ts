import { describe, expect, test } from "vitest";
import { makeRepeats } from "../../../workers/talk-back/repeats.ts";

const SAID = { text: "I run the tests." };

/** What comes of each call; `pauseMs` lies between two of them. */
function judged(calls: readonly [tool: string, input: unknown][], pauseMs = 1_000) {
  let now = 0;
  const repeats = makeRepeats(() => now);
  return calls.map(([tool, input]) => {
    now += pauseMs;
    const { refusal, stalled } = repeats.judge(tool, input);
    return stalled ? "stalled" : refusal ? "refused" : "taken";
  });
}

const times = (count: number, tool: string, input: unknown): [string, unknown][] =>
  Array.from({ length: count }, () => [tool, input]);

describe("the same call in a row", () => {
  test("is refused from the third on, and the fifth in quick succession ends the run", () => {
    expect(judged(times(5, "progress", SAID))).toEqual(["taken", "taken", "refused", "refused", "stalled"]);
  });

  test("says to the model what it did, and what to do instead", () => {
    const repeats = makeRepeats(() => 0);
    const [, , third] = [1, 2, 3].map(() => repeats.judge("progress", SAID));
    expect(third?.refusal).toMatch(/called progress with exactly this 3 times in a row.*go on with your work/);
  });

  test("is only refused of a script that says the same now and then while something takes long", () => {
    expect(judged(times(20, "progress", SAID), 10_000)).not.toContain("stalled");
  });

  test("is taken again later", () => {
    expect(judged(times(9, "progress", SAID), 11 * 60_000)).toEqual(Array.from({ length: 9 }, () => "taken"));
  });
});

test("other arguments, or another call in between, are something new", () => {
  const various: [string, unknown][] = [1, 2, 3, 4, 5].map((nth) => ["progress", { text: `Step ${nth}` }]);
  expect(judged(various)).not.toContain("refused");
  const turns: [string, unknown][] = [1, 2, 3].flatMap((): [string, unknown][] => [
    ["progress", SAID],
    ["checkpoint", { summary: "so far" }],
  ]);
  expect(judged(turns)).not.toContain("refused");
});

test.each(["ask", "wait", "inbox"])(
  "%s may come again as often as it likes: it asks for what may have come",
  (tool) => {
    expect(judged(times(50, tool, { questionId: "q1a2b3c" }))).not.toContain("refused");
  },
);
