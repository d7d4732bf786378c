import { describe, expect, test } from "vitest";
import { covers, isGlob, isHot, isInScope, mayMeet } from "../../src/task/scope.ts";
import { randomFrom } from "../support/random.ts";

describe("two scopes", () => {
  test.each([
    ["src/**", "src/api/**"],
    ["src/*.ts", "src/a*"],
    ["**/*.test.ts", "test/api/**"],
    ["src/api", "src/api/routes/users.ts"],
    ["src/{api,web}/**", "src/web/index.ts"],
    ["docs/[a-c]*.md", "docs/b.md"],
    ["./src/a.ts", "src/a.ts"],
    ["src/api/", "src/api/x.ts"],
    ["**", "anything"],
    ["a?c", "abc"],
    ["src/+(a|b).ts", "src/a.ts"],
    ["{a,b,c,d,e}{a,b,c,d,e}{a,b,c,d,e}", "zzz"],
  ])("that may change the same file meet: %s and %s", (one, other) => {
    expect(mayMeet([one], [other])).toBe(true);
    expect(mayMeet(["nowhere", other], [one])).toBe(true);
  });

  test.each([
    ["src/api/**", "src/web/**"],
    ["src/*.ts", "src/*.js"],
    ["src/*.ts", "src/api/x.ts"],
    ["docs/[a-c]*.md", "docs/d.md"],
    ["docs/[!a-c]*.md", "docs/b.md"],
    ["src/{api,web}/**", "src/lib/**"],
    ["src/api", "src/api-tests"],
    ["app/(auth)/**", "app/(shop)/**"],
    ["\\*.md", "a.md"],
  ])("that cannot do not: %s and %s", (one, other) => {
    expect(mayMeet([one], [other])).toBe(false);
    expect(mayMeet([other], [one])).toBe(false);
  });

  test("of which one is empty never meet", () => {
    expect(mayMeet([], ["**"])).toBe(false);
  });

  test("meet wherever some path is in both, whatever they are made of", () => {
    const { below, pick } = randomFrom(11);
    const names = ["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "{a,ab}"];
    const make = (from: readonly string[]) => Array.from({ length: 1 + below(4) }, () => pick(from)).join("/");
    for (let round = 0; round < 3_000; round++) {
      const [one, other, path] = [make(names), make(names), make(["a", "b", "ab"])];
      if (isInScope(path, [one]) && isInScope(path, [other]))
        expect(mayMeet([one], [other]), `${one} and ${other} at ${path}`).toBe(true);
    }
  });
});

test("a path is in a scope by its letters alone, whatever they mean in a glob", () => {
  expect(isInScope("src/a.ts", ["src/**"])).toBe(true);
  expect(isInScope("src/*.ts", ["src/a.ts"])).toBe(false);
  expect(isInScope("src", ["src/**"])).toBe(true);
  expect(isInScope("lib/a.ts", ["src/**", "lib/*.js"])).toBe(false);
});

test("a glob that takes away, or leads out of the repository, is none", () => {
  for (const glob of ["!src/**", "/etc/passwd", "../other", "a/../b", ".git/config"]) expect(isGlob(glob)).toBe(false);
  for (const glob of ["src/**", ".github/**", "a"]) expect(isGlob(glob)).toBe(true);
});

test("a hostile glob takes no longer than any other", () => {
  const hostile = "*a".repeat(99);
  const begun = performance.now();
  expect(mayMeet([hostile], [`${"*b".repeat(99)}c`])).toBe(false);
  expect(mayMeet([`${"**/".repeat(60)}a`], [`${"**/".repeat(60)}b`])).toBe(true);
  expect(mayMeet([`${"**/".repeat(60)}a.ts/*`], [`${"**/*/".repeat(60)}b`])).toBe(true);
  expect(performance.now() - begun).toBeLessThan(1_000);
});

test("lockfiles and changelogs are nobody's", () => {
  for (const path of ["package-lock.json", "web/yarn.lock", "CHANGELOG.md", "docs/changes.rst"])
    expect(isHot(path)).toBe(true);
  for (const path of ["src/lock.ts", "changelog/a.md", "package.json"]) expect(isHot(path)).toBe(false);
});

describe("what globs surely cover", () => {
  test.each([
    [["src/**"], "src/a.ts", true],
    [["src/**"], "src", true],
    [["src/**"], "src/a/**", true],
    [["src"], "src/a/b.ts", true],
    [["src/*"], "src/a/b.ts", true],
    [["src/*.ts"], "src/*.ts", true],
    [["src/*.ts"], "src/a*.ts", true],
    [["src/?.ts"], "src/a.ts", true],
    [["src/[ab].ts"], "src/a.ts", true],
    [["src/{a,b}/**"], "src/{a,b}/x.ts", true],
    [["docs/**", "src/**"], "{docs,src}/x", true],
    [["**"], "anything/**", true],
    [["src/a.ts"], "src/**", false],
    [["src/*.ts"], "src/*", false],
    [["src/*.ts"], "src/**", false],
    [["src/a/**"], "src/**", false],
    [["src/a.ts"], "src/?.ts", false],
    [["src/[ab].ts"], "src/[ab]?.ts", false],
    [["+(src)/**"], "docs/a.md", false],
    [["docs/**"], "{docs,src}/x", false],
    [[`{${Array.from({ length: 100 }, (_, at) => `f${at}`).join(",")}}/**`], "src/a.ts", false],
    [["src/**"], "**", false],
    [[], "a", false],
  ])("%j and %j: %j", (globs, glob, expected) => {
    expect(covers(globs as string[], glob as string)).toBe(expected);
  });

  test("holds for every path, whatever the globs are made of", () => {
    const { below, pick } = randomFrom(12);
    const names = ["a", "b", "ab", "*", "a*", "?", "**", "[ab]", "{a,ab}", "+(a|b)"];
    const make = (from: readonly string[]) => Array.from({ length: 1 + below(3) }, () => pick(from)).join("/");
    let count = 0;
    for (let round = 0; round < 6_000; round++) {
      const [outer, inner, path] = [make(names), make(names), make(["a", "b", "ab"])];
      if (inner.includes("+(") || !covers([outer], inner) || !isInScope(path, [inner])) continue;
      expect(isInScope(path, [outer]), `${outer} covers ${inner} at ${path}`).toBe(true);
      count += 1;
    }
    expect(count).toBeGreaterThan(100);
  });

  test("is told at once of globs that are made to take long", () => {
    const hostile = `${"*a".repeat(90)}b`;
    expect(covers([hostile], `${"a".repeat(180)}c`)).toBe(false);
    expect(covers([`${"**/a/".repeat(38)}b`], `${"a/".repeat(90)}c`)).toBe(false);
  });
});
