/**
 * GitHub's published description, as far as the simulator needs it: `simulator/schema/*.generated.json`, which
 * `npm run update:github-schema` writes. References inside are made absolute, so that any part can be compiled alone.
 */
import { readFileSync } from "node:fs";

export type Schema = { [key: string]: unknown };

export type Parameter = {
  name: string;
  in: "path" | "query";
  required: boolean;
  /** May contain slashes, as `{path}` and `{ref}` do. */
  multiSegment: boolean;
  schema: Schema;
};

/** `body` is absent where the description has no content, "other" where the content is not JSON. */
type ResponseRule = { body?: Schema | "other" };

export type Operation = {
  /** In capitals. */
  method: string;
  /** A template: `/repos/{owner}/{repo}`. */
  path: string;
  parameters: Parameter[];
  request?: { required: boolean; body: Schema };
  responses: { [status: string]: ResponseRule };
};

export type PublishedSchema<Part> = Part & {
  /** The `$id` under which references find `components`. */
  $id: string;
  /** The npm package and version that the file was made from. */
  source: string;
  components: { schemas: { [name: string]: Schema } };
};

function read<Part>($id: string): PublishedSchema<Part> {
  const text = readFileSync(new URL(`../schema/${$id}.generated.json`, import.meta.url), "utf8");
  return { ...JSON.parse(text.replaceAll('"$ref":"#/', `"$ref":"${$id}#/`)), $id };
}

/** REST operations by GitHub's operation id (`issues/create-comment`). */
export function readRest() {
  const rest = read<{ operations: { [id: string]: Operation } }>("github-rest");
  // In this list alone the description has `allOf` where it has `anyOf` elsewhere: an account that is a user and an
  // enterprise at once. No answer can be that, GitHub's own neither.
  const listed = rest.operations["apps/list-installations"]?.responses["200"];
  if (listed) listed.body = { type: "array", items: { $ref: `${rest.$id}#/components/schemas/installation` } };
  // GitHub gives null for the line of an outdated comment, and says so of webhooks only.
  const outdated = rest.components.schemas["pull-request-review-comment"]?.properties as { [name: string]: Schema };
  for (const name of ["line", "position"]) outdated[name] = { type: ["integer", "null"] };
  return rest;
}

/** Webhook payloads by "event" or "event.action" (`push`, `issues.opened`). */
export const readWebhooks = () => read<{ payloads: { [name: string]: Schema } }>("github-webhooks");
