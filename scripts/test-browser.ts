/**
 * `npm run test:browser`: the dashboard in a real browser, Debian's Chromium, which this installs where it is missing. Fonts too: without any,
 * pages have no letters.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { startVitest } from "vitest/node";
import { browserPrograms, installPackages, missingPrograms, preparePackages } from "./setup-programs.mjs";

/** Where the package of that name puts its files. */
const FONTS = "/usr/share/fonts/truetype/dejavu";

function install(): string | undefined {
  const programs = missingPrograms(browserPrograms).map((program) => program.package);
  const packages = [...programs, ...(existsSync(FONTS) ? [] : ["fonts-dejavu-core"])];
  if (packages.length === 0) return undefined;
  console.error(`test:browser: installing ${packages.join(", ")} (apt-get) ...`);
  const { root, problem } = preparePackages(packages);
  return problem ?? installPackages(packages, root ?? []);
}

const failure = install();
if (failure !== undefined) {
  console.error(`test:browser: ${failure}`);
  process.exit(1);
}
process.chdir(fileURLToPath(new URL("..", import.meta.url)));
const vitest = await startVitest("test", process.argv.slice(2), { project: ["browser"], run: true, watch: false });
await vitest.close();
