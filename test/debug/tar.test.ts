import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { tarOf } from "../../src/debug/tar.ts";

const listed = (file: Buffer, ...args: string[]) =>
  spawnSync("tar", args, { input: file, encoding: "utf8", env: { ...process.env, TZ: "UTC" } });

test("what is packed is read by tar as it was, whatever its length, and is its owner's alone", async () => {
  const texts = ["", "x", "é".repeat(256), "x".repeat(511), "x".repeat(512), "x".repeat(100_000)];
  const files = texts.map((text, nth) => ({ name: `of/${nth}.txt`, text }));
  const file = await tarOf(files, Date.UTC(2026, 0, 2, 3, 4, 5));
  expect(listed(file, "-xzOf", "-")).toMatchObject({ status: 0, stderr: "", stdout: texts.join("") });
  const lines = listed(file, "-tvzf", "-").stdout.trim().split("\n");
  expect(lines).toHaveLength(files.length);
  for (const [nth, line] of lines.entries())
    expect(line).toMatch(
      new RegExp(`^-rw------- 0/0 +${Buffer.byteLength(texts[nth] ?? "")} 2026-01-02 03:04 of/${nth}\\.txt$`),
    );
});

test.each([`${"x".repeat(101)}`, "with a blank", "", "é"])(
  "a name that such a file cannot have is refused: %j",
  async (name) => {
    await expect(tarOf([{ name, text: "" }], 0)).rejects.toThrow(RangeError);
  },
);
