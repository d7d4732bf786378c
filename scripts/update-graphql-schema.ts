/**
 * Renews `simulator/schema/graphql/` from GitHub's published GraphQL schema: `npm run update:graphql-schema`.
 *
 * The package @octokit/graphql-schema (MIT) is fetched into a temporary folder, cut down to what `selection.json` names,
 * and thrown away: what is left loads in milliseconds.
 */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { buildSchema } from "graphql";
import { pruneGraphql, type Selection } from "./prune-graphql.ts";

const name = "@octokit/graphql-schema";
const target = new URL("../simulator/schema/graphql/", import.meta.url);

async function update(folder: string): Promise<void> {
  const install = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--prefix", folder];
  await execa("npm", [...install, `${name}@15`], { cwd: folder, stdio: "inherit" });
  const read = (file: string) => readFile(join(folder, "node_modules", name, file), "utf8");
  const { version } = JSON.parse(await read("package.json")) as { version: string };
  const selection = JSON.parse(await readFile(new URL("selection.json", target), "utf8")) as Selection;
  const text = pruneGraphql(await read("schema.graphql"), selection);
  buildSchema(text);
  await writeFile(new URL("github.generated.graphql", target), `# Part of ${name}@${version}\n\n${text}`);
  const notice = `github.generated.graphql in this folder is a part of ${name}@${version}.`;
  await writeFile(new URL("LICENSE", target), `${notice}\n\n${(await read("LICENSE.md")).trim()}\n`);
  console.log(`simulator/schema/graphql/github.generated.graphql: ${Math.round(text.length / 1024)} kB`);
}

const folder = await mkdtemp(join(tmpdir(), "graphql-schema-"));
try {
  await update(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
