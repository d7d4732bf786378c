/**
 * No App yet: a page in the browser sends you to GitHub with what `app.yml` asks for, and back; the new App's id, key
 * and webhook secret are written to `.env`. GitHub refuses addresses that it cannot reach, so without a public one the
 * App begins with an inactive webhook, and the steps say how to switch it on.
 */
import { randomBytes } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type Env, readSetUpConfig, type SetUpConfig } from "../src/config.ts";
import { listen } from "../src/listen.ts";
import { manifestOf, type Registered, redeem, registrationUrl, settingsUrl, webhookProblem } from "./registration.ts";
import { donePage, formPage, problemPage } from "./registration-pages.ts";

const FILE = ".env";

/** Serves until it is stopped. Throws ConfigError where the settings are unusable, PortInUseError where the port is taken. */
export async function setUpApp(env: Env): Promise<undefined> {
  const config = readSetUpConfig(env);
  // GitHub gives it back with the code: only a way that began here ends here.
  const state = randomBytes(16).toString("hex");
  const server = createServer((request, response) => {
    answer(config, state, request).then(
      ({ status, html }) => send(response, status, html),
      (error: unknown) => send(response, 400, problemPage(error instanceof Error ? error.message : String(error))),
    );
  });
  // Somebody is looking at the terminal: they hear of a port in use by its being the end, and start again when it is free.
  await listen(server, config, { tell: () => undefined, waits: [] });
  const address = server.address();
  const port = typeof address === "object" && address ? address.port : config.port;
  process.stdout.write(`${beginning(port).join("\n")}\n`);
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  process.once("SIGINT", stop);
  process.once("SIGTERM", stop);
}

async function answer(config: SetUpConfig, state: string, request: IncomingMessage) {
  const host = request.headers.host ?? "";
  const url = URL.parse(request.url ?? "/", "http://localhost");
  if (request.method !== "GET" || !url || !["/", "/registered"].includes(url.pathname))
    return { status: 404, html: problemPage("There is no such page") };
  if (url.pathname !== "/registered") return { status: 200, html: form(config, state, host, url.searchParams) };
  if (url.searchParams.get("state") !== state) throw new Error("This answer belongs to another start of Orch");
  const app = await redeem(config.github, url.searchParams.get("code") ?? "");
  const madeSecret = rememberApp(app, config);
  const steps = afterwards(config, app, madeSecret);
  process.stdout.write(
    `\n${["The App is registered; its id, key and secret are in .env.", ...numbered(steps)].join("\n")}\n`,
  );
  return { status: 200, html: donePage(app.slug, steps) };
}

function form(config: SetUpConfig, state: string, host: string, given: URLSearchParams): string {
  const webhook = (given.get("webhook") ?? config.webhookUrl ?? "").trim();
  const organization = (given.get("organization") ?? "").trim();
  return formPage({
    action: registrationUrl(config.github, organization, state),
    manifest: JSON.stringify(
      manifestOf({
        ...{ redirect: `http://${host}/registered`, webhook: webhook || undefined, dashboard: config.dashboardUrl },
      }),
    ),
    organization,
    webhook,
    webhookPath: config.webhookPath,
    // A GitHub of one's own may deliver within its own network.
    problem: webhook && config.github.host === "github.com" ? webhookProblem(webhook) : undefined,
  });
}

function beginning(port: number): string[] {
  return [
    "",
    "There is no GitHub App yet (APP_ID and PRIVATE_KEY are unset).",
    ...numbered([
      `Open http://localhost:${port}/ and register the App. From another machine: ssh -L ${port}:localhost:${port} THIS-MACHINE, then open the same address there.`,
      "Do what the next page says: webhook, installation, and a second start.",
    ]),
    `End this with Ctrl-C, or: kill ${process.pid}`,
    "To try Orch without GitHub first: npm run demo",
    "",
  ];
}

function afterwards({ github, webhookPath }: SetUpConfig, app: Registered, madeSecret: boolean): string[] {
  const settings = settingsUrl(github, app);
  const secret = madeSecret ? ", put WEBHOOK_SECRET of .env under Secret (GitHub made none)" : "";
  return [
    `Webhook: on ${settings} set the webhook URL to this machine's public https address + ${webhookPath}${secret}, and tick Active; save. (Nothing to do where you gave the address before.)`,
    `Install the App on your repositories: ${settings}/installations`,
    "Stop Orch with Ctrl-C and start it again: npm start. What is missing still, npm run orch -- doctor tells.",
  ];
}

const numbered = (steps: readonly string[]): string[] => steps.map((step, index) => `  ${index + 1}. ${step}`);

/** A code is answered once: what GitHub says is kept before anything else happens. True where the secret had to be made here. */
function rememberApp(app: Registered, { dashboardUrl }: SetUpConfig): boolean {
  const { id, pem, webhook_secret: given, client_id: clientId, client_secret: clientSecret } = app;
  const secret = given || randomBytes(20).toString("hex");
  const isSignInWanted = dashboardUrl !== undefined && clientId && clientSecret;
  const signIn = isSignInWanted ? [`DASHBOARD_CLIENT_ID=${clientId}`, `DASHBOARD_CLIENT_SECRET=${clientSecret}`] : [];
  const lines = [`APP_ID=${id}`, `PRIVATE_KEY="${pem}"`, `WEBHOOK_SECRET=${secret}`, ...signIn, ""];
  const before = existsSync(FILE) ? readFileSync(FILE, "utf8") : "";
  const start = before === "" || before.endsWith("\n") ? "" : "\n";
  appendFileSync(FILE, start + lines.join("\n"), { mode: 0o600 });
  chmodSync(FILE, 0o600);
  return !given;
}

function send(response: ServerResponse, status: number, html: string): void {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
  response.writeHead(status, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy,
    "x-content-type-options": "nosniff",
    "cache-control": "no-store",
  });
  response.end(html);
}
