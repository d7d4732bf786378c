/**
 * `docker compose up` with this checkout's compose.yaml, beside a simulated GitHub: each service in a container of its own, in the
 * order in which they depend on each other, each only when those are healthy.
 */
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Simulator } from "../../simulator/simulator.ts";
import { readCompose, type Service } from "./compose-file.ts";
import { type Container, startContainer } from "./container.ts";
import { orchImage, type Runnable, redisImage } from "./images.ts";
import type { Attached, Network } from "./network.ts";

export type Project = {
  compose: ReadonlyMap<string, Service>;
  /** `securityOpt`: in place of what compose.yaml gives the service. */
  start(name: string, securityOpt?: readonly string[]): Promise<Container>;
  address(name: string): string;
  /** A volume's folder on this machine. */
  volume(name: string): string;
  /** Ends what still runs, and removes everything. */
  close(): Promise<void>;
};

/** Where the derived image keeps test agents, and beside them a folder in which they find what a test tells them. */
export const STAGE = "/opt/stage";

/** What is in its log once its health check can be good. */
const UP: Record<string, RegExp> = { redis: /ready to accept connections/i, bot: /is listening on/ };

export async function makeProject(dir: string, simulator: Simulator, network: Network): Promise<Project> {
  mkdirSync(dir, { recursive: true });
  const agents = deriveImage(join(dir, "agents"));
  const settings = join(dir, "orch.yml");
  const operator = { agents, defaultAgent: "fixes", slots: 2 }; // sandbox: auto, by default
  writeFileSync(settings, stringify(operator));
  const compose = readCompose({
    APP_ID: String(simulator.app.id),
    PRIVATE_KEY: simulator.app.privateKey.replaceAll("\n", "\\n"),
    WEBHOOK_SECRET: simulator.app.webhookSecret,
    WORKER_SECRET: "test-worker-secret-0123456789abcdef0123456789",
    GHE_HOST: `127.0.0.1:${simulator.port}`,
    GHE_PROTOCOL: "http",
    GITHUB_THROTTLE: "off",
    ORCH_CONFIG: settings,
    LOG_LEVEL: "debug",
  });
  const images: Record<string, Runnable> = {
    orch: orchImage(join(dir, "agents")),
    "redis:7-bookworm": redisImage(dir),
  };
  const places = new Map<string, Attached>();
  for (const name of compose.keys()) places.set(name, await network.attach(name));
  const hosts = [...places].map(([name, { address }]) => `${address} ${name}\n`).join("");
  const running = new Map<string, Container>();

  async function start(name: string, securityOpt?: readonly string[]): Promise<Container> {
    const service = compose.get(name);
    const place = places.get(name);
    const runnable = images[service?.image ?? ""];
    if (!service || !place || !runnable) throw new Error(`compose.yaml has no service ${name}, or of an unknown image`);
    for (const other of Object.keys(service.depends_on)) await healthy(other);
    const container = startContainer(dir, {
      name,
      image: runnable.image,
      program: runnable.program(service.command, { HOSTNAME: name, ...service.environment }),
      service: { ...service, security_opt: [...(securityOpt ?? service.security_opt)] },
      network: place,
      hosts,
    });
    running.set(name, container);
    void container.ended.finally(() => running.delete(name)).catch(() => undefined); // whoever asks for its end is told
    return container;
  }

  async function healthy(name: string): Promise<void> {
    const container = running.get(name) ?? (await start(name));
    const service = compose.get(name);
    const check = service?.healthcheck && "test" in service.healthcheck ? service.healthcheck.test : undefined;
    const line = check ?? images[service?.image ?? ""]?.healthcheck;
    if (line === undefined) throw new Error(`${name} has no health check, and another service waits for it`);
    await container.logged(UP[name] ?? /./);
    const { code, output } = await container.exec(["/bin/sh", "-c", line]);
    if (code !== 0) throw new Error(`the health check of ${name} fails (${code}): ${output}\n${container.log()}`);
  }

  return {
    compose,
    start,
    address: (name) => places.get(name)?.address ?? "",
    volume: (name) => join(dir, "volumes", name),
    async close() {
      for (const container of [...running.values()].reverse()) {
        container.signal("KILL");
        await container.ended;
      }
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const AGENTS = ["fixes", "listens", "reaches", "waits"];

/** Some agents of test/fixtures in a layer of the image, and how they stand in the operator's file. */
function deriveImage(layer: string): Record<string, object> {
  return Object.fromEntries(
    AGENTS.map((name) => {
      const program = `${STAGE}/agents/${name}.sh`;
      cpSync(`test/fixtures/agents/${name}.sh`, join(layer, program));
      return [name, { kind: "plain", command: ["/bin/sh", program], env: { STAGE }, readable: [STAGE] }];
    }),
  );
}
