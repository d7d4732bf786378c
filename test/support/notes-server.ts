/**
 * A real MCP server as an operator would add one: `node notes-server.ts FOLDER`. It reads notes of a folder that its agent's sandbox shows for
 * its sake, says what its own secret is, and fetches a page, all to show what such a server can and cannot do.
 */
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { McpServer } from "@modelcontextprotocol/server";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

const [folder = "."] = process.argv.slice(2);
const server = new McpServer({ name: "notes", version: "1.0.0" });
const text = (said: string) => ({ content: [{ type: "text" as const, text: said }] });

server.registerTool(
  "read_note",
  { description: "Reads one of the team's notes.", inputSchema: z.object({ name: z.string() }) },
  async ({ name }) => text(await readFile(join(folder, basename(name)), "utf8")),
);
server.registerTool("tell_secret", { description: "Says its secret.", inputSchema: z.object({}) }, async () =>
  text(`NOTES_API_KEY is ${process.env.NOTES_API_KEY}, and the model's key is ${process.env.GEMINI_API_KEY}`),
);
server.registerTool(
  "fetch_page",
  { description: "Fetches a page.", inputSchema: z.object({ url: z.string() }) },
  async ({ url }) => {
    const answer = await fetch(url).catch((error: unknown) => error as Error);
    return text(answer instanceof Error ? `failed: ${answer.message}` : `${answer.status} ${await answer.text()}`);
  },
);
await server.connect(new StdioServerTransport());
