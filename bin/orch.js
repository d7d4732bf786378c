#!/usr/bin/env node
/**
 * The command `orch`. In a checkout it runs the sources, so that it can never be older than they are; where only the built
 * program is there (the image, the package), it runs that.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { projectDir, runByNewerNode } from "./newer-node.js";

const source = join(projectDir, "cli", "orch.ts");
const built = join(projectDir, "dist", "cli", "orch.js");

if (existsSync(source) || existsSync(built)) {
  await runByNewerNode(existsSync(source) ? source : built, process.argv.slice(2));
} else {
  console.error(`Neither ${source} nor ${built} exists. In a checkout: npm run build`);
  process.exit(1);
}
