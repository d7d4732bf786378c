/** What the proxy has written down of an outlet is read as from a stranger: in its form, within its bounds, or not at all. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { outletFiles } from "../../../workers/network/outlet-files.ts";
import { reportOf } from "../../../workers/network/outlet-report.ts";

let dir: string;
let files: ReturnType<typeof outletFiles>;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "orch-report-"));
  files = outletFiles(dir, "task-1");
  mkdirSync(files.state, { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const count = (name: string, counts: unknown) => writeFileSync(join(files.state, name), JSON.stringify(counts));
const tell = (...lines: unknown[]) =>
  writeFileSync(
    files.blocked,
    lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"),
  );
const place = { host: "a.example.com", port: 443, why: "it is not listed" };

test("the counts of all lives of the proxy are added up, and a blocked place counts also where its count was lost", () => {
  tell(place, { ...place, port: 80 });
  expect(reportOf(dir, "task-1")).toEqual({ bytes: 0, blocked: 2, places: [place, { ...place, port: 80 }] });
  count("counts-1.json", { bytes: 3, blocked: 4 });
  count("counts-22.json", { bytes: 5, blocked: 6 });
  expect(reportOf(dir, "task-1")).toMatchObject({ bytes: 8, blocked: 10 });
});

test.each([
  ["a negative number of bytes", { bytes: -1, blocked: 0 }],
  ["a negative number of blocked connections", { bytes: 0, blocked: -1 }],
  ["more bytes than can be counted", { bytes: 2 ** 53, blocked: 0 }],
  ["more blocked connections than can be counted", { bytes: 0, blocked: 2 ** 53 }],
  ["text", { bytes: "7", blocked: 0 }],
  ["half of it", { bytes: 7 }],
  ["nothing", null],
])("counts with %s are left out, and no others", (_, broken) => {
  count("counts-1.json", broken);
  count("counts-2.json", { bytes: 7, blocked: 1 });
  expect(reportOf(dir, "task-1")).toEqual({ bytes: 7, blocked: 1, places: [] });
});

test("only files that are named as counts are counted, and no link", () => {
  for (const name of ["policy.json", "counts-1.json.new", "counts-x.json", "counts-1", "elsewhere"])
    count(name, { bytes: 7, blocked: 7 });
  symlinkSync(join(files.state, "elsewhere"), join(files.state, "counts-2.json"));
  expect(reportOf(dir, "task-1")).toEqual({ bytes: 0, blocked: 0, places: [] });
});

test("of more files than a proxy leaves behind the first thousand are counted", () => {
  for (let number = 0; number < 1_001; number++) count(`counts-${number}.json`, { bytes: 1, blocked: 0 });
  expect(reportOf(dir, "task-1").bytes).toBe(1_000);
});

test.each([
  ["a host that is longer than any", { ...place, host: "a".repeat(301) }],
  ["half a port", { ...place, port: 1.5 }],
  ["a port below all", { ...place, port: -1 }],
  ["a port beyond all", { ...place, port: 65_536 }],
  ["a reason that is longer than ours", { ...place, why: "w".repeat(501) }],
  ["no reason", { host: "a", port: 1 }],
  ["half a line", '{"host":"a","po'],
])("a place with %s is left out, and no other", (_, broken) => {
  const longest = { host: "a".repeat(300), port: 65_535, why: "w".repeat(500) };
  tell(place, broken, longest, { ...place, port: 0 });
  expect(reportOf(dir, "task-1").places).toEqual([place, longest, { ...place, port: 0 }]);
});

test("of more places than a proxy tells the first fifty are known", () => {
  tell(...Array.from({ length: 51 }, (_, port) => ({ ...place, port })));
  const { places, blocked } = reportOf(dir, "task-1");
  expect(places.map(({ port }) => port)).toEqual(Array.from({ length: 50 }, (_, port) => port));
  expect(blocked).toBe(50);
});

test("an outlet that is not there has come to nothing", () => {
  expect(reportOf(dir, "another")).toEqual({ bytes: 0, blocked: 0, places: [] });
});
