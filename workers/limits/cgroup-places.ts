/**
 * Where the control groups of a process are: the folder of its own group in the unified hierarchy (version 2), and in that of each controller
 * (version 1), as far as they are mounted. Pure but for the reading of two files, cgroups(7) and proc(5).
 */
import { existsSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";

export const CONTROLLERS = ["cpu", "cpuacct", "memory", "pids"] as const;
export type Controller = (typeof CONTROLLERS)[number];

export type CgroupPlaces = {
  /** `path`: of the own group within its hierarchy, as its process sees that. */
  unified?: { mount: string; path: string; folder: string };
  v1: Partial<Record<Controller, string>>;
};

export function findCgroups(proc = "/proc/self"): CgroupPlaces {
  const read = (name: string) => (existsSync(join(proc, name)) ? readFileSync(join(proc, name), "utf8") : "");
  return placesIn(read("cgroup"), read("mountinfo"));
}

type Mount = { root: string; point: string; type: string; options: string[] };

/** Of the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`. */
export function placesIn(cgroup: string, mountinfo: string): CgroupPlaces {
  const mounts = mountinfo.split("\n").flatMap((line) => mountOf(line) ?? []);
  const places: CgroupPlaces = { v1: {} };
  for (const line of cgroup.split("\n")) {
    const [, id, names = "", path] = /^(\d+):([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    if (id === "0") {
      const mount = mounts.find(({ type }) => type === "cgroup2");
      if (mount) places.unified = { mount: mount.point, path, folder: below(mount, path) };
    }
    for (const name of CONTROLLERS.filter((each) => names.split(",").includes(each))) {
      const mount = mounts.find(({ type, options }) => type === "cgroup" && options.includes(name));
      if (mount) places.v1[name] = below(mount, path);
    }
  }
  return places;
}

/** A container may be shown a part of a hierarchy only, and be told its path in the whole. */
function below({ root, point }: Mount, path: string): string {
  const inside = relative(root, path);
  return inside === ".." || inside.startsWith("../") ? point : join(point, inside);
}

function mountOf(line: string): Mount | undefined {
  const [before = "", after] = line.split(" - ");
  const [, , , root, point] = before.split(" ");
  const [type, , options] = after?.split(" ") ?? [];
  if (root === undefined || point === undefined || type === undefined || options === undefined) return undefined;
  return { root: plain(root), point: plain(point), type, options: options.split(",") };
}

/** Blanks and the like stand there in octal. */
const plain = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
