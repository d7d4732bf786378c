/** One container: its root file system on the image's layers, its volumes, and crun, which runs it as Docker's runtime would. */
import { execFile, execFileSync, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Image, mountOverlay } from "../../scripts/container/build-image.ts";
import type { Service } from "./compose-file.ts";
import { type Mount, ociConfig, type Program } from "./docker-defaults.ts";
import type { Attached } from "./network.ts";

export type Container = {
  /** Its root file system, as seen from this machine: what is written there is seen inside. */
  root: string;
  /** All that it has printed. */
  log(): string;
  /** Resolves when a line of its log has it; fails when it ends before. */
  logged(pattern: RegExp): Promise<void>;
  /** Another program inside, as `docker exec` runs it; one at a time. */
  exec(command: readonly string[]): Promise<{ code: number; output: string }>;
  signal(name: string): void;
  ended: Promise<number>;
};

export type Blueprint = {
  name: string;
  image: Pick<Image, "layers"> & { volumes: readonly string[]; mounts?: readonly Mount[] };
  program: Program;
  service: Pick<Service, "volumes" | "security_opt">;
  network: Attached;
  /** Lines of /etc/hosts besides, in place of Docker's name server. */
  hosts: string;
};

/** `dir`: for the containers of one project, and their volumes, which outlive them. */
export function startContainer(dir: string, blueprint: Blueprint): Container {
  const { name, image, program, service, network } = blueprint;
  const own = join(dir, name);
  const [root, upper, work] = ["root", "upper", "work"].map((part) => join(own, part)) as [string, string, string];
  for (const folder of [root, upper, work]) mkdirSync(folder, { recursive: true });
  mountOverlay(root, image.layers, upper, work);
  const mounts = [
    ...(image.mounts ?? []),
    ...files(own, blueprint),
    ...volumes(dir, root, image.volumes, service.volumes),
  ];
  const config = ociConfig(program, {
    root,
    hostname: name,
    network: network.namespace,
    mounts,
    securityOpt: service.security_opt,
  });
  writeFileSync(join(own, "config.json"), JSON.stringify(config));
  const crun = ["--root", join(dir, "crun"), "--cgroup-manager=disabled"];
  const child = spawn("crun", [...crun, "run", "--bundle", own, name], { stdio: ["ignore", "pipe", "pipe"] });
  const heard = new EventEmitter();
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      log += chunk.toString();
      heard.emit("more");
    });
  }
  let over = false;
  const ended = once(child, "close").then(([code, signal]) => {
    over = true;
    heard.emit("more");
    execFileSync("umount", [root]);
    return typeof code === "number" ? code : Promise.reject(new Error(`crun was ended by ${signal}`));
  });
  return {
    root,
    log: () => log,
    async logged(pattern) {
      while (!log.split("\n").some((line) => pattern.test(line))) {
        if (over) throw new Error(`${name} ended before it said ${pattern}:\n${log.slice(-4_000)}`);
        await once(heard, "more");
      }
    },
    exec: (command) =>
      new Promise((resolve) => {
        // By a whole description: crun would else start it as root.
        const process = join(own, "exec.json");
        writeFileSync(process, JSON.stringify({ ...config.process, args: command }));
        execFile(
          "crun",
          [...crun, "exec", "--process", process, name],
          { timeout: 30_000 },
          (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
            resolve({ code, output: `${stdout}${stderr}` });
          },
        );
      }),
    signal: (signal) => void execFileSync("crun", [...crun, "kill", name, signal]),
    ended,
  };
}

/** The three files of /etc that Docker puts into every container. Its name server is not there: who asks it gets no answer. */
function files(own: string, { name, network, hosts }: Blueprint): Mount[] {
  const texts = {
    hostname: `${name}\n`,
    hosts: `127.0.0.1 localhost\n${network.address} ${name}\n${hosts}`,
    "resolv.conf": "nameserver 127.0.0.11\noptions ndots:0\n",
  };
  return Object.entries(texts).map(([file, text]) => {
    writeFileSync(join(own, file), text);
    return bind(join(own, file), `/etc/${file}`, false);
  });
}

/** What lies inside another's folder comes after it. An image's own volume, which nobody names, is mounted too. */
function volumes(dir: string, root: string, ofImage: readonly string[], named: Service["volumes"]): Mount[] {
  const nameless = ofImage
    .filter((target) => !named.some((volume) => volume.target === target))
    .map((target) => ({ source: `nameless-${root.replaceAll("/", "-")}`, target, readonly: false }));
  return [...nameless, ...named]
    .sort((one, other) => one.target.length - other.target.length)
    .map(({ source, target, readonly }) => {
      if (source.startsWith("/")) return bind(source, target, readonly);
      const volume = join(dir, "volumes", source);
      if (!existsSync(volume)) makeVolume(volume, join(root, target));
      return bind(volume, target, readonly);
    });
}

/** A new volume takes owner, mode and content from the image's folder. */
function makeVolume(volume: string, folder: string): void {
  mkdirSync(join(volume, ".."), { recursive: true });
  if (!existsSync(folder)) return void mkdirSync(volume, { mode: 0o755 });
  if (!statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
  execFileSync("cp", ["--archive", folder, volume]);
}

export const bind = (source: string, destination: string, readonly: boolean): Mount => ({
  destination,
  type: "bind",
  source,
  options: ["rbind", "rprivate", readonly ? "ro" : "rw"],
});
