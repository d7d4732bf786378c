/**
 * `node scripts/update-schemas.ts`: the two YAML files' JSON schemas, for editors, made from the schemas that Orch itself reads the
 * files with. Draft 7, because that is what editors understand best.
 */
import { writeFileSync } from "node:fs";
import { z } from "zod";
import { repositoryFileSchema } from "../src/settings/repository-file.ts";
import { operatorFileSchema } from "../workers/operator-file.ts";

/** What a key means, where the schema that reads it does not say so itself. */
const MEANINGS: Readonly<Record<string, string>> = {
  $schema: "Address of this schema, for editors.",
  agents: "The programs that may be given a task, by a name of your choosing (a-z, 0-9 and -).",
  kind: "How the program is driven: plain (any command), jsonl (writes Orch's events itself), gemini, claude.",
  limits: "How long the stations of a run may take, and how much they may send and receive.",
};

type Source = { schema: z.ZodType; file: string; title: string; description: string };

const sources: readonly Source[] = [
  {
    schema: operatorFileSchema,
    file: "schemas/orch-config.schema.json",
    title: "Orch: the operator's file",
    description:
      "The YAML file that ORCH_CONFIG names on a worker host: agents, slots, sandbox, network and limits. An unknown key is an error.",
  },
  {
    schema: repositoryFileSchema,
    file: "schemas/orch-repository.schema.json",
    title: "Orch: .github/orch.yml",
    description: "What a repository may choose. Read from the default branch only. An unknown key is an error.",
  },
];

/** Path from the repository's root -> the file's text. */
export function renderSchemas(): ReadonlyMap<string, string> {
  return new Map(sources.map((source) => [source.file, render(source)]));
}

function render({ schema, title, description }: Source): string {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: "draft-7",
    io: "input",
    override: ({ jsonSchema, path }) => {
      const [parent, key] = path.slice(-2);
      const meaning = parent === "properties" ? MEANINGS[String(key)] : undefined;
      if (meaning && !jsonSchema.description) jsonSchema.description = meaning;
    },
  });
  const text = JSON.stringify({ $schema, title, description, ...rest }, undefined, 2);
  // Lists of words stand on one line, as the formatter of this project wants them.
  return `${text.replace(/\[\n\s+("[^"]*"(?:,\n\s+"[^"]*")*)\n\s+\]/g, (_all, words: string) => `[${words.replace(/,\n\s+/g, ", ")}]`)}\n`;
}

if (import.meta.main) {
  for (const [file, text] of renderSchemas()) writeFileSync(file, text);
}
