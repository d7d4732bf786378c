/**
 * Renews `simulator/schema/` from GitHub's published OpenAPI description: `npm run update:github-schema`.
 *
 * The packages @octokit/openapi and @octokit/openapi-webhooks (MIT) fill 400 MB on disk, so they are not dependencies:
 * they are fetched into a temporary folder, cut down to what `simulator/schema/selection.json` names, and thrown away.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import type { Operation, Schema } from "../simulator/judge/published-schema.ts";
import { bodyOf, operationOf, reachable } from "./prune-openapi.ts";

const packages = { rest: "@octokit/openapi@23", webhooks: "@octokit/openapi-webhooks@12" };
const target = new URL("../simulator/schema/", import.meta.url);

type Description = {
  paths?: { [path: string]: { [method: string]: Schema } };
  webhooks?: { [name: string]: { post: Schema } };
  components: { [kind: string]: { [name: string]: Schema } };
};
/** Operation ids; and webhooks as "event" (with all its actions) or "event.action". */
type Selection = { operations: string[]; webhooks: string[] };

const readJson = async <T>(file: string | URL): Promise<T> => JSON.parse(await readFile(file, "utf8")) as T;

/** The operations with the chosen ids. @throws naming every id that the description does not know */
function chooseOperations(description: Description, ids: readonly string[]): { [id: string]: Operation } {
  const known = new Map<string, Operation>();
  for (const [path, methods] of Object.entries(description.paths ?? {}))
    for (const [method, raw] of Object.entries(methods))
      if (ids.includes(String(raw.operationId)))
        known.set(String(raw.operationId), operationOf(description, method.toUpperCase(), path, raw));
  const missing = ids.filter((id) => !known.has(id));
  if (missing.length > 0) throw new Error(`unknown operations in selection.json: ${missing.join(", ")}`);
  return Object.fromEntries(ids.map((id) => [id, known.get(id) as Operation]));
}

/** Payload schemas by "event" or "event.action". @throws naming every webhook that the description does not know */
function chooseWebhooks(description: Description, names: readonly string[]): { [name: string]: Schema } {
  const chosen: { [name: string]: Schema } = {};
  const unknown = new Set(names);
  for (const { post } of Object.values(description.webhooks ?? {})) {
    // The description calls the webhook "issue-comment/created".
    const [event = "", action] = String(post.operationId).replaceAll("-", "_").split("/");
    const name = action === undefined ? event : `${event}.${action}`;
    const body = bodyOf((post.requestBody as Schema).content);
    if (typeof body !== "object" || !(names.includes(name) || names.includes(event))) continue;
    chosen[name] = body;
    unknown.delete(name);
    unknown.delete(event);
  }
  if (unknown.size > 0) throw new Error(`unknown webhooks in selection.json: ${[...unknown].join(", ")}`);
  return chosen;
}

async function writeSchema(file: string, content: { [key: string]: unknown }): Promise<void> {
  const text = `${JSON.stringify(content)}\n`;
  await writeFile(new URL(file, target), text);
  console.log(`simulator/schema/${file}: ${Math.round(text.length / 1024)} kB`);
}

async function update(folder: string): Promise<void> {
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
  await execa("npm", [...install, ...Object.values(packages)], { cwd: folder, stdio: "inherit" });
  const open = async (name: string) => {
    const root = join(folder, "node_modules/@octokit", name);
    const { version } = await readJson<{ version: string }>(join(root, "package.json"));
    const description = await readJson<Description>(join(root, "generated/api.github.com.json"));
    const license = await readFile(join(root, "LICENSE"), "utf8");
    return { source: `@octokit/${name}@${version}`, description, license };
  };
  const [rest, webhooks] = [await open("openapi"), await open("openapi-webhooks")];
  const selection = await readJson<Selection>(new URL("selection.json", target));
  const operations = chooseOperations(rest.description, selection.operations);
  const payloads = chooseWebhooks(webhooks.description, selection.webhooks);
  await writeSchema("github-rest.generated.json", {
    source: rest.source,
    operations,
    components: { schemas: reachable(rest.description, operations) },
  });
  await writeSchema("github-webhooks.generated.json", {
    source: webhooks.source,
    payloads,
    components: { schemas: reachable(webhooks.description, payloads) },
  });
  const notice = `The *.generated.json files in this folder are parts of ${rest.source} and ${webhooks.source}.`;
  const licenses = [...new Set([rest.license.trim(), webhooks.license.trim()])];
  await writeFile(new URL("LICENSE", target), `${[notice, ...licenses].join("\n\n")}\n`);
}

const folder = await mkdtemp(join(tmpdir(), "github-schema-"));
try {
  await update(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
