import { expect, test, vi } from "vitest";
import { makeCleanUp } from "../../demo/clean-up.ts";

test("everything is undone once, the last first, and a failure keeps nothing else from being undone", async () => {
  const said = vi.spyOn(process.stderr, "write").mockReturnValue(true);
  const undone: string[] = [];
  const cleanUp = makeCleanUp();
  cleanUp.add(() => undone.push("folder"));
  cleanUp.add(async () => {
    throw new Error("gone already");
  });
  cleanUp.add(async () => void undone.push("server"));
  await Promise.all([cleanUp.run(), cleanUp.run()]);
  await cleanUp.run();
  expect(undone).toEqual(["server", "folder"]);
  expect(said.mock.calls).toEqual([["demo: could not clean up: gone already\n"]]);
});
