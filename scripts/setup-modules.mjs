/**
 * npm's packages: are the ones that package-lock.json names installed, and if not, install them. Judged by npm's own record of
 * what it installed, not by a stamp of ours, so an `npm install` by hand counts as well.
 */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Why the installed packages are not those of package-lock.json, in words; undefined when they are. */
export function modulesAreStale(dir) {
  const wanted = readPackages(join(dir, "package-lock.json"));
  if (!wanted) throw new Error(`${dir}/package-lock.json is missing or broken`);
  const installed = readPackages(join(dir, "node_modules", ".package-lock.json")); // npm writes it last
  if (!installed) return "there are none yet";
  for (const [path, entry] of Object.entries(wanted)) {
    if (path === "") continue;
    const there = installed[path];
    if (!there && entry.optional) continue; // for other machines; the one that we rely on, Node, is checked where it is used
    if (there?.version !== entry.version || there.integrity !== entry.integrity) return `${path} differs`;
  }
  return undefined;
}

/** Runs `npm ci`; returns a message when it fails. */
export function installModules(dir) {
  // Without node_modules/.bin on PATH: npm would otherwise run by a Node that it is about to delete.
  const path = (process.env.PATH ?? "")
    .split(":")
    .filter((folder) => !folder.endsWith("/node_modules/.bin"))
    .join(":");
  // engine-strict would refuse what the machine's old Node never runs: the newer Node comes with this very install.
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error", "--engine-strict=false"];
  const result = spawnSync("npm", args, { cwd: dir, stdio: ["ignore", 2, 2], env: { ...process.env, PATH: path } });
  if (result.status === 0) return undefined;
  const reason =
    result.error?.message ?? (result.status === null ? `ended by ${result.signal}` : `exit code ${result.status}`);
  return `npm ci failed in ${dir} (${reason}); its messages are above. Is the package registry reachable?`;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages;
  } catch (error) {
    if (error.code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
