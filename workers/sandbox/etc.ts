/**
 * The `/etc` of a sandbox: what ordinary programs need to find names, certificates, libraries and the time, and nothing
 * that says anything about this machine's accounts. Most of it is copied once into a folder of the host's, because
 * every mount of its own costs a quarter of a millisecond at each start.
 */
import { chmod, lstat, mkdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { SlotUser } from "./confinement.ts";

/** Small, settled files. A machine that changes one of them while the host runs is seen after the next start. */
const COPIED = `debian_version gai.conf host.conf ld.so.conf locale.alias localtime mime.types networks nsswitch.conf
  os-release protocols services timezone`.split(/\s+/);

/** What changes while we run (resolv.conf with the network, the rest with each upgrade) or is large. */
const LIVE = "alternatives ca-certificates crypto-policies hosts ld.so.cache pki resolv.conf ssl terminfo".split(" ");

const MAX_COPY_BYTES = 1_000_000;

/** Fills `dir` and gives the bwrap arguments that show it as `/etc`. Safe while other sandboxes use the same folder. */
export async function prepareEtc(
  dir: string,
  users: readonly SlotUser[],
  host: { uid: number; gid: number },
): Promise<string[]> {
  await mkdir(dir, { recursive: true });
  await chmod(dir, 0o755);
  for (const [name, text] of Object.entries(accounts(users, host))) await put(join(dir, name), text);
  for (const name of COPIED) await copy(join("/etc", name), join(dir, name));
  const live: string[] = [];
  for (const name of LIVE) {
    const entry = await stat(join("/etc", name)).catch(() => undefined);
    if (entry === undefined) continue;
    // Something to mount over: the sandbox cannot make it, the folder is read-only there.
    if (entry.isDirectory()) await mkdir(join(dir, name), { recursive: true });
    else await writeFile(join(dir, name), "");
    live.push("--ro-bind", join("/etc", name), join("/etc", name));
  }
  return ["--ro-bind", dir, "/etc", ...live];
}

/** root, nobody and the slots' users; every machine's programs look their own user up. */
function accounts(users: readonly SlotUser[], host: { uid: number; gid: number }) {
  const ids = new Map(users.map((user) => [user.uid ?? host.uid, user.gid ?? host.gid]));
  const agents = [...ids].map(([uid, gid]) => ({ uid, gid, name: `agent${ids.size > 1 ? uid : ""}` }));
  const passwd = agents.map(({ uid, gid, name }) => `${name}:x:${uid}:${gid}:agent:/tmp:/bin/sh\n`).join("");
  const group = agents.map(({ gid, name }) => `${name}:x:${gid}:\n`).join("");
  return {
    passwd: `root:x:0:0:root:/:/usr/sbin/nologin\n${passwd}nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n`,
    group: `root:x:0:\n${group}nogroup:x:65534:\n`,
  };
}

/** Only what everybody may read anyway; links into /usr stay links. */
async function copy(from: string, to: string): Promise<void> {
  const entry = await lstat(from).catch(() => undefined);
  if (entry?.isSymbolicLink()) {
    await rm(to, { force: true });
    return symlink(await readlink(from), to);
  }
  if (entry?.isFile() && (entry.mode & 0o004) !== 0 && entry.size <= MAX_COPY_BYTES) {
    await put(to, await readFile(from));
  }
}

async function put(file: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${file}.new`, content);
  await chmod(`${file}.new`, 0o644);
  await rename(`${file}.new`, file);
}
