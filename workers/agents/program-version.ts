/**
 * The version of an agent's program where its own output does not say it: that of the npm package which the program belongs to, read beside it and
 * never asked by running it. What one version did tells less of the next, so whoever compares agents has to know.
 */
import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import { oneLine } from "../../src/text/bound.ts";
import { SEARCH_PATH } from "../sandbox/find-program.ts";
import type { AgentDefinition } from "./adapter.ts";

const packageShape = z.looseObject({ version: z.string().min(1), bin: z.unknown().refine((bin) => bin !== undefined) });

/** From the program's own folder upwards. */
const FOLDERS = 4;
const MAX_BYTES = 256 * 1024;
const MAX_VERSION = 60;

/** Undefined where its program says it by itself, is of no package, or nothing can be read. */
export function programVersion(
  { kind, command: [program = ""] }: Pick<AgentDefinition, "kind" | "command">,
  searchPath = SEARCH_PATH,
): string | undefined {
  if (kind === "claude") return undefined;
  const path = realPathOf(program, searchPath);
  if (path === undefined) return undefined;
  let folder = dirname(path);
  for (let nth = 0; nth < FOLDERS; nth++) {
    const found = packageShape.safeParse(readJson(join(folder, "package.json"))).data;
    if (found) return oneLine(found.version, MAX_VERSION);
    folder = dirname(folder);
  }
  return undefined;
}

function realPathOf(program: string, searchPath: string): string | undefined {
  const places = program.includes("/") ? [program] : searchPath.split(":").map((folder) => join(folder, program));
  for (const place of places) {
    try {
      return realpathSync(place);
    } catch {
      // The next folder may have it.
    }
  }
  return undefined;
}

function readJson(path: string): unknown {
  try {
    return statSync(path).size > MAX_BYTES ? undefined : JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // there is none, or it is none that says anything
  }
}
