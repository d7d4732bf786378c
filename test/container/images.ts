/** The two images of compose.yaml: ours, as it was built, and that of Redis, which this machine's own programs stand in for. */
import { chownSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "../../scripts/container/build-image.ts";
import { words } from "./compose-file.ts";
import { type Blueprint, bind } from "./container.ts";
import type { Program } from "./docker-defaults.ts";

export type Runnable = {
  image: Blueprint["image"];
  /** `command`: of compose.yaml. */
  program(command: readonly string[] | undefined, environment: Record<string, string>): Program;
  /** A shell's command line. */
  healthcheck?: string;
};

const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** `layer`: a folder to lie on top, as an image that is derived from ours adds agents. */
export function orchImage(layer: string): Runnable {
  const file = join(process.env.ORCH_TEST_CONTAINER ?? "", "image", "image.json");
  const { layers, config } = JSON.parse(readFileSync(file, "utf8")) as Image;
  const passwd = readFileSync(join(layers.at(-1) ?? "", "etc", "passwd"), "utf8").split("\n");
  const [, , uid, gid, , home = "/"] = passwd.find((line) => line.startsWith(`${config.user}:`))?.split(":") ?? [];
  if (!uid || !gid) throw new Error(`the image has no user ${config.user}`);
  return {
    image: { layers: [layer, ...layers], volumes: config.volumes },
    program: (command, environment) => ({
      uid: Number(uid),
      gid: Number(gid),
      args: [...config.entrypoint, ...(command ?? config.command)],
      env: { PATH, HOME: home, ...config.env, ...environment },
      cwd: config.workdir,
    }),
    healthcheck: config.healthcheck,
  };
}

/** As it is after its entry point has given root up: user 999, a closed umask, in the folder `/data` that belongs to it. */
export function redisImage(dir: string): Runnable {
  const layer = join(dir, "redis-image");
  mkdirSync(join(layer, "etc"), { recursive: true });
  for (const name of ["bin", "sbin", "lib", "lib64"]) symlinkSync(`usr/${name}`, join(layer, name));
  writeFileSync(join(layer, "etc", "passwd"), "redis:x:999:999::/data:/bin/sh\n");
  mkdirSync(join(layer, "data"));
  chownSync(join(layer, "data"), 999, 999);
  return {
    image: { layers: [layer], volumes: ["/data"], mounts: [bind("/usr", "/usr", true)] },
    program: (command, environment) => ({
      uid: 999,
      gid: 999,
      umask: 0o077,
      args: [...(command ?? words("redis-server"))],
      env: { PATH, HOME: "/data", ...environment },
      cwd: "/data",
    }),
  };
}
