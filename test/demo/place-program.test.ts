import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { placeProgram } from "../../demo/place-program.ts";

let dir: string;
let original: string;
let placed: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-place-"));
  original = join(dir, "original");
  placed = join(dir, "placed");
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test.each([0o700, 0o755 - 0o004, 0o744])(
  "a program that not everybody may run (%o) is copied, and stays as it is",
  (mode) => {
    writeFileSync(original, "#!/bin/sh\n", { mode });
    placeProgram(original, placed);
    expect(modeOf(original)).toBe(mode);
    expect(modeOf(placed)).toBe(0o755);
    expect(statSync(placed).ino).not.toBe(statSync(original).ino);
    expect(readFileSync(placed, "utf8")).toBe("#!/bin/sh\n");
  },
);

test("a program that everybody may run is linked, and its rights stay as they are", () => {
  writeFileSync(original, "#!/bin/sh\n", { mode: 0o555 });
  placeProgram(original, placed);
  expect(statSync(placed).ino).toBe(statSync(original).ino);
  expect(modeOf(original)).toBe(0o555);
});
