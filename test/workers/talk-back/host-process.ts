/**
 * A host that listens for one run, to be killed: `node host-process.ts <folder> [slow]`. Slow: what it is told is taken by its record
 * once there is a file `go` in the folder.
 */
import { existsSync, watch } from "node:fs";
import { join } from "node:path";
import { talkingHost } from "./talking.ts";

const [dir = "", slow] = process.argv.slice(2);

const goes = () => existsSync(join(dir, "go"));

async function untilLetGo(): Promise<void> {
  if (goes()) return;
  await new Promise<void>((resolve) => {
    const watcher = watch(dir, () => {
      if (!goes()) return;
      watcher.close();
      resolve();
    });
    if (goes()) resolve();
  });
}

const { talk } = talkingHost({ dir, ...(slow && { whenTold: untilLetGo }) });
await talk.open();
process.stdout.write("listens\n");
