/** The machine's own addresses and its networks' are known as they are now, and names mean what they mean to the machine. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import os, { type NetworkInterfaceInfo, networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { canonical } from "../../../src/reach/address.ts";
import { thisMachine, withinNetworksOf } from "../../../workers/network/this-machine.ts";
import { runProgram } from "../../../workers/run-program.ts";

const of = (address: string, bits: number, family: "IPv4" | "IPv6") =>
  ({ address, cidr: `${address}/${bits}`, family }) as NetworkInterfaceInfo;

test("what is in one of the machine's networks is no address of the internet, be it a public one", () => {
  const isOwn = withinNetworksOf({
    lo: [of("127.0.0.1", 8, "IPv4")],
    eth0: [of("203.0.113.7", 24, "IPv4"), of("2a00:1450:4001:1::7", 64, "IPv6"), of("fe80::1", 64, "IPv6")],
    wg0: [of("198.51.100.9", 32, "IPv4"), { ...of("2a00::9", 0, "IPv6"), cidr: null }],
  });
  for (const address of ["203.0.113.7", "203.0.113.1", "2a00:1450:4001:1::1", "198.51.100.9", "2a00::9"]) {
    expect([address, isOwn(address)]).toEqual([address, true]);
  }
  for (const address of ["203.0.112.1", "2a00:1450:4001:2::1", "198.51.100.8", "2a00::8", "8.8.8.8"]) {
    expect([address, isOwn(address)]).toEqual([address, false]);
  }
});

test("an address that names its interface counts as the address that it is, with its whole network", () => {
  const isOwn = withinNetworksOf({
    eth0: [of("fe80::1%eth0", 64, "IPv6"), { ...of("2a00::9%3", 0, "IPv6"), cidr: null }],
    gone: undefined,
  });
  expect(["fe80::1", "fe80::2", "2a00::9"].map(isOwn)).toEqual([true, true, true]);
  expect(["fe80:0:0:1::1", "2a00::8"].map(isOwn)).toEqual([false, false]);
});

test("a machine without any network knows no address as its own", () => {
  expect(["127.0.0.1", "::1", "203.0.113.7"].map(withinNetworksOf({}))).toEqual([false, false, false]);
});

test("every address that this machine has is its own", () => {
  const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  expect(all).not.toEqual([]);
  for (const { address } of all) {
    expect([address, thisMachine.isOwn(canonical(address.replace(/%.*/, "")) ?? "")]).toEqual([address, true]);
  }
});

test("an address that the machine gets is its own within seconds, and one that it loses no longer", () => {
  // What the kernel says and what time it is are the test's: neither can be had otherwise without root and waiting.
  let address = "203.0.113.7";
  const asked = vi.spyOn(os, "networkInterfaces").mockImplementation(() => ({ eth0: [of(address, 32, "IPv4")] }));
  syncBuiltinESMExports();
  onTestFinished(() => {
    asked.mockRestore();
    syncBuiltinESMExports();
  });
  let now = performance.now() + 1e6;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  const own = () => ["203.0.113.7", "203.0.113.8"].map(thisMachine.isOwn);
  expect(own()).toEqual([true, false]);
  address = "203.0.113.8";
  now += 1_000;
  expect(own()).toEqual([true, false]);
  expect(asked).toHaveBeenCalledTimes(1);
  now += 5_000;
  expect(own()).toEqual([false, true]);
});

test("a name means what it means to the machine, and one that nobody can know is told in words", async () => {
  const found = await thisMachine.lookUp("localhost");
  expect(found.length).toBeGreaterThan(0);
  for (const address of found) expect(address).toMatch(/^(127\.|::1$)/);
  // Two dots in a row are no name, so that no name server is asked.
  await expect(thisMachine.lookUp("no..name")).rejects.toThrow(/^no name server knows it$/);
  // Of what else goes wrong the system's own word is told.
  await expect(thisMachine.lookUp("a".repeat(300))).rejects.toThrow(/EINVAL/);
});

/** What a machine says to a name that has these /etc/hosts and no network by which a name server could be reached. */
async function askWith(hosts: string, name: string): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), "orch-hosts-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  writeFileSync(join(dir, "hosts"), hosts);
  const program = JSON.stringify(join(import.meta.dirname, "../../../workers/network/this-machine.ts"));
  const script = `
    import { thisMachine } from ${program};
    console.log(await thisMachine.lookUp("${name}").then((found) => found.sort().join(" "), ({ message }) => message));
  `;
  const machine = ["--unshare-net", "--dev-bind", "/", "/", "--ro-bind", join(dir, "hosts"), "/etc/hosts"];
  const args = [...machine, process.execPath, "--input-type=module", "-e", script];
  const env = { PATH: "/usr/bin:/bin" };
  return (await runProgram({ file: "bwrap", args, env, timeoutMs: 20_000 })).stdout.trim();
}

test("a name has every address that the machine has for it", async () => {
  const hosts = "192.0.2.1 both.example.com\n2001:db8::1 both.example.com\n";
  expect(await askWith(hosts, "both.example.com")).toBe("192.0.2.1 2001:db8::1");
});

test("a machine whose name servers cannot be reached says so, and not that there is no such name", async () => {
  expect(await askWith("", "example.com")).toBe("the name servers do not answer at the moment");
});
