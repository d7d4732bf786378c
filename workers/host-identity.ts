/**
 * Who this host is, and that it is only once here. The id is made once and kept; the lock is the kernel's (`flock`), so
 * that it is free the moment its holder dies, however it dies: no stale lock file delays a restart.
 */
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { holdLock } from "./host-lock.ts";
import { placeOfFile } from "./only-one.ts";

/** `lost`: resolves when the lock is gone although this process is not. `place`: of the file with the id; see only-one.ts. */
export type HostIdentity = { id: string; place: string; lost: Promise<void> };

/** Makes the host's folders, reads or makes its id and takes its lock. Throws when another host process holds it. */
export async function claimIdentity(hostDir: string): Promise<HostIdentity> {
  // 0711: slot users pass through to their own workspace, and can list nothing.
  mkdirSync(hostDir, { recursive: true, mode: 0o711 });
  chmodSync(hostDir, 0o711);
  const path = join(hostDir, "lock");
  const lock = await holdLock(
    path,
    `Another worker host is running with the same data folder (${path}). Stop it, or give this one its own ORCH_DATA.`,
  );
  const file = join(hostDir, "id");
  const id = readOrMakeId(file);
  return { id, place: placeOfFile(file), lost: lock.lost };
}

function readOrMakeId(path: string): string {
  if (existsSync(path)) {
    const id = readFileSync(path, "utf8").trim();
    if (/^h[0-9a-f]{8}$/.test(id)) return id;
  }
  const id = `h${randomBytes(4).toString("hex")}`;
  writeFileSync(`${path}.new`, `${id}\n`, { mode: 0o600 });
  renameSync(`${path}.new`, path);
  return id;
}
