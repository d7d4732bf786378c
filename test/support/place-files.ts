/** Programs placed where every slot's user can reach them: hard links where the file system allows them, else copies. */
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";

export type Placed = { dir: string; node: string; remove(): void };

/** A folder of its own, with this process's Node in it. */
export function placeNode(name: string): Placed {
  const dir = mkdtempSync(join(tmpdir(), name));
  chmodSync(dir, 0o755);
  const node = join(dir, "bin/node");
  placeFolder(dirname(node));
  placeFile(process.execPath, node);
  return { dir, node, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** Without symbolic links, which are npm's shortcuts to programs. `to` does not exist yet. */
export function placeTree(from: string, to: string, isWanted: (path: string) => boolean = () => true): void {
  placeFolder(to);
  for (const entry of readdirSync(from, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!isWanted(path)) continue;
    if (entry.isDirectory()) placeFolder(join(to, relative(from, path)));
    if (entry.isFile()) placeFile(path, join(to, relative(from, path)));
  }
}

export function placeFolder(dir: string): void {
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o755); // whatever this process's umask is
}

export function placeFile(from: string, to: string): void {
  const { mode } = statSync(from);
  if ((mode & 0o004) !== 0 && linked(from, to)) return;
  copyFileSync(from, to);
  chmodSync(to, mode & 0o100 ? 0o755 : 0o644); // of the copy: through a link it would change the checkout
}

/** False where the file lies on another file system, or is another user's whose files may not be linked. */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
