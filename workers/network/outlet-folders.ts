/** Makes the folders of outlet-files.ts, each with the owner and the mode that keeps everybody else out. */
import { chmodSync, chownSync, existsSync, lchownSync, lstatSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { SlotUser } from "../sandbox/confinement.ts";
import { CONTROL_DIR, isOutletId, OUTLETS_DIR, outletFiles } from "./outlet-files.ts";
import { namesIn } from "./read-untrusted.ts";

/** The proxy's user may write in folders that lead nowhere else; the others are ours, and slot users pass through them. */
export function makeFolders(dir: string, uid: number | undefined): void {
  const outlets = join(dir, OUTLETS_DIR);
  mkdirSync(outlets, { recursive: true });
  chmodSync(dir, 0o711);
  // The proxy, by its group, may list the outlets.
  if (uid !== undefined) chownSync(outlets, process.getuid?.() ?? 0, uid);
  chmodSync(outlets, 0o751);
  makeLeaf(join(dir, CONTROL_DIR), 0o700, uid, uid);
  if (uid !== undefined) for (const id of readdirSync(outlets)) handOver(dir, id, uid);
}

/** What an earlier proxy has left may be another user's. Of a link only itself is given away (lchown). */
function handOver(dir: string, id: string, uid: number): void {
  const { out, state } = outletFiles(dir, id);
  for (const path of [out, state]) if (existsSync(path)) lchownSync(path, uid, lstatSync(path).gid);
  for (const name of namesIn(state)) lchownSync(join(state, name), uid, uid);
}

function makeLeaf(path: string, mode: number, uid?: number, gid?: number): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
  chmodSync(path, mode);
}

/** Only the slot's user, by the folder's group, and the proxy get to the socket; the group is passed on to it (setgid). */
export function placeOutlet(network: string, id: string, uid: number | undefined, { gid }: SlotUser): string {
  if (!isOutletId(id)) throw new Error(`not the id of an outlet: ${id}`);
  const { dir, out, state } = outletFiles(network, id);
  mkdirSync(dir, { recursive: true });
  chmodSync(dir, 0o711);
  makeLeaf(state, 0o700, uid, uid);
  makeLeaf(out, uid === undefined ? 0o700 : 0o2710, uid, gid);
  return out;
}
