/**
 * Style and scripts of the pages: what stands in `dashboard/assets/`, under a name made of its content. So a browser keeps it for good, and never
 * shows a page with what belongs to another version.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { extname } from "node:path";
import { gzipSync } from "node:zlib";

const FOLDER = new URL("../assets/", import.meta.url);

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};

export type Asset = { type: string; body: Buffer; zipped: Buffer };

type Assets = { paths: ReadonlyMap<string, string>; byPath: ReadonlyMap<string, Asset> };

let read: Assets | undefined;

/** Where this file is found, e.g. `/assets/3f9c….css`. Throws for one that there is not. */
export function asset(name: string): string {
  const path = assets().paths.get(name);
  if (path === undefined) throw new Error(`there is no file dashboard/assets/${name}`);
  return path;
}

/** What stands at this path. */
export const assetAt = (path: string): Asset | undefined => assets().byPath.get(path);

function assets(): Assets {
  read ??= readAll();
  return read;
}

function readAll(): Assets {
  const paths = new Map<string, string>();
  const byPath = new Map<string, Asset>();
  for (const name of readdirSync(FOLDER)) {
    const type = TYPES[extname(name)];
    if (type === undefined) continue;
    const body = readFileSync(new URL(name, FOLDER));
    const path = `/assets/${createHash("sha256").update(body).digest("hex").slice(0, 20)}${extname(name)}`;
    paths.set(name, path);
    byPath.set(path, { type, body, zipped: gzipSync(body) });
  }
  return { paths, byPath };
}
