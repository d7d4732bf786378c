import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bundlePrograms } from "../../scripts/bundle.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "orch-bundle-test-"));
  write("package.json", '{ "type": "module" }');
  write("src/main.ts", "console.log(1);");
  write("workers/main.ts", "console.log(2);");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  const path = join(root, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What the bot's one file says, once its modules have gone. */
async function saidByBundle(): Promise<string> {
  await bundlePrograms({ root, ending: "ts", outDir: join(root, "out"), outEnding: "mjs" });
  for (const folder of ["src/parts", "node_modules"]) rmSync(join(root, folder), { recursive: true, force: true });
  return execFileSync(process.execPath, [join(root, "out/src/main.mjs")], { encoding: "utf8", cwd: "/" }).trim();
}

test("a program in one file needs neither its modules nor its libraries, also those that it loads later", async () => {
  write("src/parts/one.ts", "export const one: number = 1;");
  write("src/parts/two.ts", "export const two: number = 2;");
  write("node_modules/three/package.json", '{ "name": "three", "main": "three.cjs" }');
  write("node_modules/three/three.cjs", "module.exports = 3; exports.name = __filename;");
  const parts = ['import { one } from "./parts/one.ts";', 'import three from "three";'];
  write("src/main.ts", `${parts.join("\n")}\nconsole.log(one, (await import("./parts/two.ts")).two, three);`);
  expect(await saidByBundle()).toBe("1 2 3");
});

test("what a module reads by its own path is read from beside that module", async () => {
  write("src/beside.txt", "found");
  write(
    "src/parts/read.ts",
    'import { readFileSync } from "node:fs";\nexport const text = readFileSync(new URL("../beside.txt", import.meta.url), "utf8");',
  );
  write("src/main.ts", 'import { text } from "./parts/read.ts";\nconsole.log(text);');
  expect(await saidByBundle()).toBe("found");
});

test("a program says the same in one file, which holds nothing but ASCII", async () => {
  const words = "`– é 👀 \\u2026`, /^[–👀]$/u.test(`👀`), String.raw`\\n`, tagged`– 👀`";
  write("src/main.ts", `const tagged = ([part]) => part;\nconsole.log(${words});`);
  expect(await saidByBundle()).toBe("– é 👀 … true \\n – 👀");
  expect(readFileSync(join(root, "out/src/main.mjs"), "latin1")).toMatch(/^[\0-\x7f]*$/);
});

test("a template that is taken raw and holds more than ASCII is refused: it would say something else", async () => {
  write("src/main.ts", "console.log(String.raw`a – b`);");
  await expect(saidByBundle()).rejects.toThrow("must be ASCII: raw`a –");
});

test("built in place, a program's file takes the place of its first module", async () => {
  write("src/main.js", 'import { one } from "./one.js";\nconsole.log(one);');
  write("src/one.js", "export const one = 1;");
  write("workers/main.js", "console.log(2);");
  await bundlePrograms({ root, ending: "js", outDir: root, outEnding: "js" });
  rmSync(join(root, "src/one.js"));
  expect(execFileSync(process.execPath, [join(root, "src/main.js")], { encoding: "utf8" })).toBe("1\n");
});
