/** The MCP server `notes-server.ts` and a note that it reads, placed where every slot's user can reach them. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { McpDefinition } from "../../workers/agents/mcp.ts";
import { placeFile, placeFolder, placeNode, placeTree } from "./place-files.ts";

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url));
const PACKAGES = ["@modelcontextprotocol/server", "@modelcontextprotocol/core", "zod"];

export type PlacedNotes = { section: McpDefinition; remove(): void };

/** `notes`: file name -> text. */
export function placeNotes(notes: Record<string, string>): PlacedNotes {
  const { dir, node, remove } = placeNode("orch-notes-server-");
  for (const name of PACKAGES) placeTree(path(`../../node_modules/${name}`), join(dir, "node_modules", name));
  const program = join(dir, "notes-server.ts");
  placeFile(path("notes-server.ts"), program);
  // Says that it is a module.
  placeFile(path("../../package.json"), join(dir, "package.json"));
  const folder = join(dir, "notes");
  placeFolder(folder);
  for (const [name, text] of Object.entries(notes)) {
    writeFileSync(join(folder, name), text);
    chmodSync(join(folder, name), 0o644);
  }
  const section = { command: [node, program, folder], env: {}, passEnv: ["NOTES_API_KEY"], readable: [dir] };
  return { section, remove };
}
