import { describe, expect, test } from "vitest";
import { isBuilt, readsMore, readsOf } from "../../../workers/setups/setup-reads.ts";

const shell = (line: string) => ["sh", "-c", line];

describe("what a setup command reads", () => {
  test("is the packages' descriptions where it only installs them", () => {
    const reads = readsOf(shell("npm ci --no-audit  --no-fund && go mod download"));
    if (reads === "everything") throw new Error("this is known");
    expect(["package.json", "packages/a/package-lock.json", "go.sum", "vendor/x.tgz"].map(reads)).toEqual(
      Array(4).fill(true),
    );
    expect(["src/index.js", "my-package.json", "README.md"].map(reads)).toEqual(Array(3).fill(false));
    expect(readsOf(["npm", "ci"])).not.toBe("everything");
  });

  test.each([
    "make deps",
    "npm ci && npm run build",
    "npm ci; cat src/*",
    "npm ci $(cat x)",
    "npm ci --prefix ../x",
    "npm ci || true",
    "npm ci\ncat x",
    "pip install -r requirements.txt",
    "",
  ])("may be everything: %s", (line) => expect(readsOf(shell(line))).toBe("everything"));

  test.each([
    ["package.json", '{"scripts": {"postinstall": "node build.js"}}'],
    ["packages/a/package.json", '{"scripts": {"prepare": "tsc"}}'],
    ["package.json", '{"dependencies": {"a": "file:../a"}}'],
    ["package.json", "no JSON"],
    [".npmrc", "install-links=true"],
    ["go.mod", "module x\nreplace y => ../y"],
    ["go.work", "use ./a"],
  ])("is more with a %s that says %s", (path, text) => expect(readsMore(path, text)).toBe(true));

  test.each([
    ["package.json", '{"scripts": {"test": "node --test"}, "dependencies": {"a": "^1.0.0"}}'],
    [".npmrc", "audit=false"],
    ["go.mod", "module x\nrequire y v1.0.0"],
  ])("is no more with a %s that says %s", (path, text) => expect(readsMore(path, text)).toBe(false));

  test("is more where a package is built in its place", () => expect(isBuilt("native/binding.gyp")).toBe(true));
});
