/**
 * The Dockerfile as data, and what its COPY lines mean, for whoever carries its instructions out without a container engine. Knows
 * what our Dockerfile uses; whatever else stands there one day is an error here, not something that is passed over.
 */
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";

export type Instruction = { name: string; value: string };

/** What the last stage says about the programs that run in the image. */
export type ImageConfig = {
  user: string;
  workdir: string;
  env: Record<string, string>;
  entrypoint: string[];
  command: string[];
  volumes: string[];
  /** A shell's command line. */
  healthcheck: string;
};

/** A Dockerfile of two stages, each a list of instructions; continued lines are one. */
export function readStages(text: string): { build: Instruction[]; final: Instruction[] } {
  const stages: Instruction[][] = [];
  for (const line of text.replaceAll("\\\n", " ").split("\n")) {
    const [, name, value] = /^([A-Z]+)\s+(.+)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) continue;
    if (name === "FROM") stages.push([]);
    stages.at(-1)?.push({ name, value });
  }
  const [build, final] = stages;
  if (!build || !final || stages.length !== 2) throw new Error(`the Dockerfile has ${stages.length} stages, not two`);
  return { build, final };
}

export const valuesOf = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter((one) => one.name === name).map((one) => one.value);

/** `COPY . .`: what .dockerignore lets through, which must be a list of what may, not of what may not. */
export function copyContext(target: string): void {
  const [first, ...rest] = readFileSync(".dockerignore", "utf8")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
  if (first !== "*") throw new Error(".dockerignore must begin by ignoring everything");
  for (const line of rest) {
    if (!line.startsWith("!")) throw new Error(`.dockerignore must only let things through: ${line}`);
    cpSync(line.slice(1), join(target, line.slice(1)), { recursive: true });
  }
}

/** One `COPY --from=build /orch/a /orch/b target` of the last stage, into the folder that stands for its WORKDIR. */
export function copyFromBuild(value: string, build: string, workdir: string): void {
  const [from, ...paths] = value.split(" ");
  if (from !== "--from=build") throw new Error(`the last stage copies from the first only: ${value}`);
  const target = paths.pop() ?? "";
  for (const path of paths.map((one) => one.replace("/orch/", ""))) {
    const to = join(workdir, target === "./" ? path : target);
    cpSync(join(build, path), to, { recursive: true, verbatimSymlinks: true });
  }
}

export function readConfig(stage: readonly Instruction[]): ImageConfig {
  const only = (name: string): string => {
    const [value, ...more] = valuesOf(stage, name);
    if (value === undefined || more.length > 0) throw new Error(`the last stage needs one ${name}`);
    return value;
  };
  const env = valuesOf(stage, "ENV").flatMap((line) => [...line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)]);
  return {
    user: only("USER"),
    workdir: only("WORKDIR"),
    env: Object.fromEntries(env.map(([, name = "", quoted, plain]) => [name, quoted ?? plain ?? ""])),
    entrypoint: JSON.parse(only("ENTRYPOINT")) as string[],
    command: JSON.parse(only("CMD")) as string[],
    volumes: valuesOf(stage, "VOLUME"),
    healthcheck: only("HEALTHCHECK").replace(/^.*?\bCMD /, ""),
  };
}
