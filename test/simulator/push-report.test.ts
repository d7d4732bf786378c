/** How git's answer to a push gets GitHub's reasons, packet by packet. */
import { expect, test } from "vitest";
import { reworded } from "../../simulator/git/push-report.ts";

const packet = (text: string) => `${(Buffer.byteLength(text) + 4).toString(16).padStart(4, "0")}${text}`;
const band = (number: number, text: string) => packet(String.fromCharCode(number) + text);
const report = (...lines: string[]) => `${lines.map(packet).join("")}0000`;
const answer = (...parts: string[]) => Buffer.from(`${parts.join("")}0000`);

test("a reason that git has cut in two finds its ref, and other refs keep theirs", () => {
  const refs = [
    "unpack ok\n",
    "ng refs/heads/a hook declined\n",
    "ng refs/heads/b hook declined\n",
    "ok refs/heads/c\n",
  ];
  const given = answer(
    band(2, "error: no\nsimulator-rea"),
    band(2, "son refs/heads/a declined for a reason\nerror: hook declined to update refs/heads/a\nbye\n"),
    band(1, report(...refs)),
  );
  const wanted = answer(
    band(2, "error: no\nbye\n"),
    band(1, report("unpack ok\n", "ng refs/heads/a declined for a reason\n", ...refs.slice(2))),
  );
  expect(reworded(given).toString()).toBe(wanted.toString());
});

test("an answer without reasons stays as it is, byte for byte", () => {
  for (const each of [
    answer(band(2, "hello\n"), band(1, report("unpack ok\n", "ok refs/heads/a\n"))),
    Buffer.from(report("unpack ok\n", "ng refs/heads/a simulator-reason refs/heads/a x\n")),
    Buffer.from("0000"),
    Buffer.alloc(0),
  ])
    expect(reworded(each)).toBe(each);
});

test("what is longer than a packet is sent in several", () => {
  const text = `${"x".repeat(150_000)}\n`;
  const cut = [text.slice(0, 60_000), text.slice(60_000, 120_000), text.slice(120_000)].map((each) => band(2, each));
  const given = answer(
    ...cut,
    band(2, "simulator-reason refs/heads/a no\n"),
    band(1, report("ng refs/heads/a hook declined\n")),
  );
  const got = reworded(given).toString();
  expect(got.slice(0, 4)).toBe("fff0");
  expect(got.split("x")).toHaveLength(150_001);
  expect(got).toContain("ng refs/heads/a no\n");
});
