/** Runs the simulator by itself until it is stopped: `npm run simulator -- [--port N]`. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Simulator, startSimulator } from "./simulator.ts";

const help = `A GitHub on loopback: REST, signed webhooks, git over HTTP and pages.

Usage: npm run simulator -- [options]

  --port N           port on 127.0.0.1 (default: any free one)
  --webhook-url URL  where the App hears
  --repository O/N   makes a small repository with the App installed and one issue
  --quiet            print no line per request; what differs from GitHub's description is always printed
  --help             this text
`;

function readOptions() {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "webhook-url": { type: "string" },
      repository: { type: "string" },
      quiet: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Error(`--port must be 0 to 65535, not ${values.port}`);
  return { ...values, port, repository: repositoryOption(values.repository) };
}

function repositoryOption(text: string | undefined): { owner: string; name: string } | undefined {
  if (text === undefined) return undefined;
  const [, owner, name] = /^([A-Za-z0-9][A-Za-z0-9-]{0,38})\/([\w.-]{1,100})$/.exec(text) ?? [];
  if (!owner || !name) throw new Error(`--repository must be owner/name, not ${text}`);
  return { owner, name };
}

const print = (line: string): void => void process.stderr.write(`${line}\n`);

/** What the options ask for, and how to use it, printed. Returns the folder of the key. */
async function furnish(simulator: Simulator, options: ReturnType<typeof readOptions>): Promise<string> {
  simulator.setWebhookUrl(options["webhook-url"]);
  const maintainer = simulator.createUser("maintainer");
  if (options.repository) {
    const { name } = options.repository;
    const files = { "README.md": `# ${name}\n` };
    const collaborators = { maintainer: "admin" as const };
    const repo = await simulator.createRepository({ ...options.repository, files, collaborators });
    await simulator.openIssue(repo, { as: "maintainer", title: "A first issue" });
  }
  const keyDir = await mkdtemp(join(tmpdir(), "simulator-key-"));
  const keyPath = join(keyDir, "app.pem");
  await writeFile(keyPath, simulator.app.privateKey, { mode: 0o600 });
  process.stdout.write(
    [
      `url               ${simulator.url}`,
      `API               ${simulator.url}/api/v3`,
      `GHE_HOST          127.0.0.1:${simulator.port}`,
      "GHE_PROTOCOL      http",
      `APP_ID            ${simulator.app.id}`,
      `client id         ${simulator.app.clientId}`,
      `WEBHOOK_SECRET    ${simulator.app.webhookSecret}`,
      `PRIVATE_KEY_PATH  ${keyPath}`,
      `token of ${maintainer.login}: ${maintainer.token}`,
      "",
    ].join("\n"),
  );
  return keyDir;
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(help);
    return;
  }
  const simulator = await startSimulator({ port: options.port, log: options.quiet ? undefined : print });
  simulator.on("violation", (text: string) => print(`! GitHub's schema: ${text}`));
  const keyDir = await furnish(simulator, options).catch(async (error: unknown) => {
    await simulator.close();
    throw error;
  });
  const stop = (): void => {
    // A second signal ends the process at once: the listeners are gone by then.
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.removeListener(signal, stop);
    simulator
      .close()
      .then(() => rm(keyDir, { recursive: true, force: true }))
      .catch((error: unknown) => {
        process.stderr.write(`${error}\n`);
        process.exitCode = 1;
      });
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

main().catch((error: unknown) => {
  process.stderr.write(`simulator: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
