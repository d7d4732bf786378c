import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openOutlet } from "../../../workers/network/outlet.ts";
import { OUTLETS_DIR, outletFiles } from "../../../workers/network/outlet-files.ts";
import type { Policy } from "../../../workers/network/policy.ts";

const policy: Policy = {
  egress: "open",
  rules: [{ whose: "operator", egress: "open" }],
  private: [],
  never: [],
  limits: { connections: 20, bytes: 1e12 },
};

test("names are looked up a few at a time, because all sandboxes share who looks them up, and each has its turn", async () => {
  const before = process.cwd();
  const own = await mkdtemp(join(tmpdir(), "orch-o-"));
  process.chdir(own);
  try {
    for (const folder of ["out", "state"]) await mkdir(join(OUTLETS_DIR, "task-1", folder), { recursive: true });
    const asked: (() => void)[] = [];
    let most = 0;
    let underWay = 0;
    const lookUp = async () => {
      most = Math.max(most, ++underWay);
      await new Promise<void>((answer) => asked.push(answer));
      underWay -= 1;
      return ["10.0.0.1"];
    };
    const spec = { policy: policy, until: Date.now() + 60_000 };
    const machine = { lookUp, isOwn: () => false };
    const outlet = await openOutlet("task-1", spec, { machine, spentBefore: 0 });
    const socketPath = outletFiles("", "task-1").socket;
    const ask = async (host: string) => {
      const request = httpRequest({ socketPath, path: `http://${host}/`, agent: false }).end();
      const [response] = (await once(request, "response")) as [IncomingMessage];
      return response.resume().statusCode;
    };
    const answers = Array.from({ length: 12 }, (_, index) => ask(`host-${index}.example`));
    await expect.poll(() => asked.length).toBe(8);
    await ask("10.0.0.1"); // by then all of those before it have been heard
    expect(asked).toHaveLength(8);
    for (let turn = 0; turn < 12; turn++) {
      await expect.poll(() => asked.length).toBeGreaterThan(turn);
      asked[turn]?.();
    }
    expect(await Promise.all(answers)).toEqual(Array<number>(12).fill(403));
    expect(most).toBe(8);
    await outlet.close();
  } finally {
    process.chdir(before);
    await rm(own, { recursive: true });
  }
});
