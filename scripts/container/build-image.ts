/**
 * The image as `docker build` makes it, without an engine: the first stage's commands in a clean folder that holds what the
 * Dockerfile copies, then the last stage's, one after the other, on layers of overlayfs. Needs root, a mount namespace of its
 * own, and the network for packages.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeBase, runIn } from "./base.ts";
import { copyContext, copyFromBuild, type ImageConfig, readConfig, readStages, valuesOf } from "./dockerfile.ts";

export type Image = {
  /** Folders of overlayfs, the topmost first. */
  layers: string[];
  config: ImageConfig;
};

/** Builds the image of this checkout in `dir`, and describes it there in image.json. */
export function buildImage(dir: string, say: (text: string) => void): void {
  const { build, final } = readStages(readFileSync("Dockerfile", "utf8"));
  const config = readConfig(final);
  const firstCopy = final.findIndex(({ name }) => name === "COPY");
  const base = makeBase(final, valuesOf(final.slice(0, firstCopy), "RUN"), say);
  const built = join(dir, "build");
  say("building Orch as the Dockerfile does");
  buildFirstStage(valuesOf(build, "RUN"), built);
  const [layer, work, root] = ["layer", "work", "root"].map((name) => join(dir, name)) as [string, string, string];
  for (const folder of [layer, work, root]) mkdirSync(folder, { recursive: true });
  mountOverlay(root, [base], layer, work);
  try {
    for (const { name, value } of final.slice(firstCopy)) {
      if (name === "COPY") copyFromBuild(value, built, join(root, config.workdir));
      if (name === "RUN") runIn(root, value);
    }
  } finally {
    execFileSync("umount", [root]);
  }
  rmSync(built, { recursive: true, force: true });
  const image: Image = { layers: [layer, base], config };
  writeFileSync(join(dir, "image.json"), JSON.stringify(image));
}

export function mountOverlay(target: string, lower: readonly string[], upper: string, work: string): void {
  const options = `lowerdir=${lower.join(":")},upperdir=${upper},workdir=${work}`;
  execFileSync("mount", ["-t", "overlay", "overlay", "-o", options, target], { stdio: ["ignore", 2, 2] });
}

function buildFirstStage(commands: readonly string[], dir: string): void {
  mkdirSync(dir, { recursive: true });
  copyContext(dir);
  // npm takes from its cache what it has, and must not touch what it is itself run from.
  const env = {
    PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
    HOME: process.env.HOME ?? "/",
    npm_config_prefer_offline: "true",
  };
  for (const command of commands) {
    // the words of these commands hold no spaces
    const [file = "", ...args] = command.split(" ");
    execFileSync(file, args, { cwd: dir, env, stdio: ["ignore", "ignore", 2] });
  }
}
