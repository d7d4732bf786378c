/**
 * No App yet: Probot's manifest flow makes one from `app.yml`. A page in the browser sends you to GitHub and back; the
 * new App's id, key and webhook secret are written to `.env`.
 */
import { appendFileSync, chmodSync } from "node:fs";
import { run } from "probot";
import type { Env } from "../src/config.ts";

export async function setUpApp(env: Env): Promise<void> {
  const host = env.HOST || "localhost";
  const port = env.PORT || "3000";
  const webhookPath = env.WEBHOOK_PATH || "/api/github/webhooks";
  // Probot would otherwise ask smee.io for a channel; deliveries go to this machine or to the address that is given.
  process.env.NO_SMEE_SETUP = "true";
  process.env.WEBHOOK_PROXY_URL ??= `http://${host}:${port}${webhookPath}`;
  process.env.HOST = host;
  process.env.PORT = port;
  const server = await run(() => undefined, { updateEnv: rememberApp });
  process.stdout.write(
    [
      "",
      "There is no GitHub App yet (APP_ID and PRIVATE_KEY are unset).",
      `  1. Open http://${host}:${port}/probot and register the App: name and permissions are filled in.`,
      "  2. Install it on your repositories.",
      `  3. In the App's settings, set the webhook URL to this machine's public address + ${webhookPath}.`,
      "  4. Stop this with Ctrl-C and start again: the App's id, key and secret are in .env by then.",
      "To try Orch without GitHub first: npm run demo",
      "",
    ].join("\n"),
  );
  process.once("SIGINT", () => void server.stop().then(() => process.exit(0)));
}

/** The conversion of a manifest is answered once: what it says is kept before anything else happens. */
function rememberApp(values: Record<string, string | number | undefined>): Record<string, string> {
  const entries = Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const lines = entries.map(([name, value]) => `${name}=${value.startsWith('"') ? value : JSON.stringify(value)}`);
  appendFileSync(".env", `${lines.join("\n")}\n`, { mode: 0o600 });
  chmodSync(".env", 0o600);
  return Object.fromEntries(entries);
}
