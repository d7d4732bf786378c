/**
 * `npm run build`: the bot, the worker host and the command line as JavaScript in `dist/`, which then runs on its own. `dist/`
 * mirrors the repository, so that a path from one file to another is the same before and after. Bot and worker host are each
 * one file then, which takes less memory; their modules are there as well, for the command line.
 */
import { spawnSync } from "node:child_process";
import { cpSync, globSync, readFileSync, rmSync } from "node:fs";
import { bundlePrograms } from "./bundle.ts";

const outDir = "dist";
const programs = ["src", "a2a", "dashboard", "workers", "cli"];

/** Files beside the code that it reads while it runs. */
const beside = ["package.json", "app.yml"];

rmSync(outDir, { recursive: true, force: true });
const { status } = spawnSync("node_modules/.bin/tsc", ["-p", "tsconfig.build.json"], { stdio: "inherit" });
if (status !== 0) process.exit(1);

for (const file of [
  ...beside,
  ...globSync(
    programs.map((folder) => `${folder}/**/*`),
    { withFileTypes: true },
  )
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".ts"))
    .map((entry) => `${entry.parentPath}/${entry.name}`),
]) {
  cpSync(file, `${outDir}/${file}`); // keeps the mode: scripts stay executable
}

// tsc renames what is imported, not what is named in a string; such a path would exist only in a checkout.
const commentLine = /^\s*(\/?\*|\/\/).*$/gm;
const lost = globSync(`${outDir}/**/*.js`).filter((file) =>
  /["'`][^"'`\s]+\.ts["'`]/.test(readFileSync(file, "utf8").replace(commentLine, "")),
);
if (lost.length > 0) {
  console.error(
    `These built files name a .ts file in a string; derive the ending from import.meta.url:\n  ${lost.join("\n  ")}`,
  );
  process.exit(1);
}

await bundlePrograms({ root: outDir, ending: "js", outDir, outEnding: "js" });

const built = globSync(`${outDir}/**/*.js`).length;
console.log(
  `${outDir}/: ${built} JavaScript files. The programs: ${outDir}/src/main.js (bot), ${outDir}/workers/main.js (worker host), bin/orch.js (orch)`,
);
