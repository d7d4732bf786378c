/** Where `bin/orch.js` keeps what Node has compiled. Half of what a short-lived program of Orch costs is compiling it: tests that start one give it this. */
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../node_modules/.cache/orch-compile", import.meta.url));

/** For an environment. */
export const compileCache = { NODE_COMPILE_CACHE: folder };
