/** What an agent leaves of a session comes into another's home, and nothing comes or goes that is not its own. */
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Home, MAX_SESSION_BYTES, packHome, unpackHome } from "../../../workers/kept-sessions/pack.ts";
import { AS_ROOT, type Machine, openMachine } from "../support/machine.ts";
import { temporaryFolder } from "../workspace/support.ts";
import { asUser, startSlots } from "./support.ts";

const modes = ["auto", "none"] as const;

describe.each(AS_ROOT ? modes : (["auto"] as const))("sandbox: %s", (mode) => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await openMachine(mode);
  });
  afterAll(() => machine.close());

  /** A session of one slot and a home of another, a place for the pack, and something of the host's that all may read. */
  async function stage() {
    const { create } = await startSlots(machine);
    const [old, fresh] = [await create("told", 0), await create("tnew", 1)];
    const outside = temporaryFolder();
    chmodSync(outside, 0o777);
    writeFileSync(join(outside, "secret"), "the host's");
    const file = join(temporaryFolder(), "session.tar");
    const leave = (script: string) => asUser(old.user, old.workspace.homeDir, `mkdir -p .own; ${script}`);
    return { old, fresh, outside, file, leave, found: (script: string) => inHome(fresh, script) };
  }

  const inHome = ({ user, workspace }: Home, script: string) => asUser(user, workspace.homeDir, script);
  const unpack = (home: Home, file: string) => unpackHome(home, { file, bytes: lstatSync(file).size });
  const pack = (home: Home, file: string, paths = [".own", ".gone"]) => packHome(home, { paths, file });

  test("files come with their contents, names and times, and belong to whoever has the home", async () => {
    const { old, fresh, file, leave, found } = await stage();
    leave(`
      mkdir -p .own/deep/er ".own/-C"; printf 1 > .own/deep/er/a; printf 2 > ".own/two words"; printf 3 > .own/-C/-rf
      printf 4 > "$(printf '.own/a\\nline')"; touch -d @1000000000 .own/deep/er/a; chmod 4755 .own/deep/er/a
      printf x > .npmrc; mkdir .else; printf x > .else/hook`);
    expect(await pack(old, file)).toEqual({ bytes: lstatSync(file).size });
    expect(lstatSync(file)).toMatchObject({ uid: process.getuid?.(), mode: 0o100600 });
    await unpack(fresh, file);
    expect(found("ls -A; find .own -type f -print0 | sort -z | xargs -0 cat")).toBe(".own\n3412");
    expect(found("cat .own/-C/-rf; stat -c '%Y %a' .own/deep/er/a")).toBe("31000000000 700");
    expect(found("ls .own | tr '\\n' '|'")).toBe("-C|a|line|deep|two words|");
    expect(found("find .own ! -user $(id -u)")).toBe("");
  });

  test("a home without a session's files is nothing to pack, an empty folder neither", async () => {
    const { old, file, leave } = await stage();
    expect(await pack(old, file, [".gone"])).toBe("nothing");
    leave("mkdir .own/empty");
    expect(await pack(old, `${file}2`)).toBe("nothing");
  });

  test("links, pipes, sockets and devices stay behind; a second name of a file becomes a file", async () => {
    const { old, fresh, outside, file, leave, found } = await stage();
    leave(`
      printf 1 > .own/a; ln .own/a .own/b
      ln -s ${outside}/secret .own/absolute; ln -s ../../../../../../..${outside}/secret .own/climbing
      ln -s ${outside} .own/folder; ln -s nowhere .own/dangling; ln -s . .own/itself; mkfifo .own/pipe`);
    if (AS_ROOT) execFileSync("mknod", [join(old.workspace.homeDir, ".own/null"), "c", "1", "3"]);
    await pack(old, file);
    await unpack(fresh, file);
    expect(found("ls -A .own; cat .own/*; stat -c %h .own/a")).toBe("a\nb\n111");
  });

  test("a path that leads out of the home brings nothing of what is there", async () => {
    const { old, outside, file, leave } = await stage();
    leave(`rmdir .own; ln -s ${outside} .own`);
    expect(await pack(old, file)).toBe("nothing");
    leave(`rm .own; mkdir -p link; ln -s ${outside} link/out`);
    // Without a sandbox the agent has read all of that anyway.
    const led = await pack(old, `${file}2`, ["link/out/secret"]);
    if (mode === "auto") expect(led).toBe("nothing");
  });

  test("what is too large is noticed by its bound, also where it is nothing but a hole", async () => {
    const { old, file, leave } = await stage();
    leave("truncate -s 10G .own/hole");
    const began = performance.now();
    expect(await pack(old, file)).toBe("too large");
    expect(lstatSync(file).size).toBe(MAX_SESSION_BYTES);
    expect(performance.now() - began).toBeLessThan(30_000);
    leave("rm .own/hole; head -c 90000 /dev/zero > .own/a");
    expect(await packHome(old, { paths: [".own"], file: `${file}2`, maxBytes: 50_000 })).toBe("too large");
  });

  test("a file that the agent has locked against itself costs the session, and says so", async () => {
    const { old, file, leave } = await stage();
    leave("printf 1 > .own/a; chmod 000 .own/a");
    await expect(pack(old, file)).rejects.toThrow(/Packing the agent's session failed: .*Permission denied/);
  });

  /** Packs that tar would never make of a session: what if somebody got at one? */
  test.each([
    ["an absolute name", (at: string) => [`--transform=s,^a$,${at}/written,`, "a"]],
    ["a name that climbs", (at: string) => [`--transform=s,^a$,../../../../../../../..${at}/written,`, "a"]],
    [
      "a link to a folder, and a file in it",
      (at: string) => [`--transform=s,^a$,out/written,;s,^l$,out,`, "l", "a", at],
    ],
    ["a device", () => ["null"]],
    ["a file of ten gigabytes of nothing", () => ["--sparse", "hole"]],
  ])("a pack with %s writes nothing outside the home", async (_, words) => {
    const { fresh, outside, file, found } = await stage();
    const from = temporaryFolder();
    writeFileSync(join(from, "a"), "planted");
    execFileSync("sh", ["-ec", `ln -s ${outside} l; truncate -s 10G hole; ln -s /dev/null null`], { cwd: from });
    if (AS_ROOT) execFileSync("sh", ["-ec", "rm null; mknod null c 1 3"], { cwd: from });
    const chosen = words(outside).filter((word) => word !== outside);
    execFileSync("tar", ["-cPf", file, ...chosen], { cwd: from });
    await unpack(fresh, file).catch(() => expect(found("ls -A")).toBe(""));
    expect(readdirSync(outside)).toEqual(["secret"]);
    expect(found("find . -size +300M; find . -type c; find . -type b")).toBe("");
    expect(existsSync(join(fresh.workspace.treeDir, "written"))).toBe(false);
  });

  test("a pack that is cut off, or none at all, leaves the home empty", async () => {
    const { old, fresh, file, leave, found } = await stage();
    leave("for n in 1 2 3 4 5 6 7 8; do head -c 30000 /dev/urandom > .own/$n; done");
    await pack(old, file);
    writeFileSync(`${file}.cut`, readFileSync(file).subarray(0, 100_000));
    await expect(unpack(fresh, `${file}.cut`)).rejects.toThrow("Unpacking the agent's session failed");
    expect(found("ls -A")).toBe("");
    const { size: bytes } = lstatSync(file);
    await expect(unpackHome(fresh, { file: `${file}.cut`, bytes })).rejects.toThrow("not kept whole");
    writeFileSync(`${file}.no`, "no pack");
    await expect(unpack(fresh, `${file}.no`)).rejects.toThrow("Unpacking");
    await expect(unpackHome(fresh, { file: `${file}.gone`, bytes })).rejects.toThrow("ENOENT");
  });
});
