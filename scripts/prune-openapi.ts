/**
 * Cuts a part out of an OpenAPI description and turns it into plain JSON Schema: chosen operations, and only the
 * components that they reach. Everything that judges nothing (descriptions, examples, links) is dropped, and the
 * OpenAPI 3.0 word `nullable` becomes JSON Schema's `null`, because ajv refuses it beside anything but `type`.
 */

import type { Operation, Parameter, Schema } from "../simulator/judge/published-schema.ts";

type Document = { components: { [kind: string]: { [name: string]: Schema } } };

const annotations = new Set(["description", "summary", "title", "example", "examples", "externalDocs", "deprecated"]);
/** Under these words come names chosen by the author, so a key there may rightly be called "description". */
const maps = new Set(["properties", "patternProperties", "definitions"]);
/** Under these words come values, not schemas. */
const values = new Set(["enum", "const", "default", "required"]);

/** A schema without annotations, in JSON Schema's words. @throws when `nullable` stands where it cannot be expressed */
function cleanSchema(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(cleanSchema);
  if (typeof schema !== "object" || schema === null) return schema;
  const clean: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    if (annotations.has(key) || key === "nullable" || key.startsWith("x-")) continue;
    if (values.has(key)) clean[key] = value;
    else if (maps.has(key))
      clean[key] = Object.fromEntries(Object.entries(value as Schema).map(([name, part]) => [name, cleanSchema(part)]));
    else clean[key] = cleanSchema(value);
  }
  return (schema as Schema).nullable === true ? orNull(clean) : clean;
}

/** The same schema, or null. An enum must name null as well, or it would forbid what `type` allows. */
function orNull(schema: Schema): Schema {
  if (typeof schema.type !== "string") return { anyOf: [{ type: "null" }, schema] };
  const allowed = { ...schema, type: [schema.type, "null"] };
  if (!Array.isArray(schema.enum) || schema.enum.includes(null)) return allowed;
  return { ...allowed, enum: [...schema.enum, null] };
}

/** What a local reference names, followed to its end. @throws for a reference that leads nowhere */
function resolve(document: Document, value: Schema): Schema {
  if (typeof value.$ref !== "string") return value;
  const [, , kind = "", name = ""] = value.$ref.split("/");
  const target = document.components[kind]?.[name];
  if (!target) throw new Error(`the description refers to ${value.$ref}, which it does not contain`);
  return resolve(document, target);
}

/** The JSON schema of a request or response body. */
export function bodyOf(content: unknown): Schema | "other" | undefined {
  if (content === undefined || content === null || Object.keys(content).length === 0) return undefined;
  const json = (content as { [type: string]: { schema?: Schema } })["application/json"];
  return json?.schema ? (cleanSchema(json.schema) as Schema) : "other";
}

/** One parameter; a limit that the description only tells in words ("max 100") is made a rule. */
function parameterOf(document: Document, raw: Schema): Parameter | undefined {
  const { name, in: place, required, schema, description, ...rest } = resolve(document, raw);
  if (place !== "path" && place !== "query") return undefined;
  const clean = cleanSchema(schema) as Schema;
  const limit = /\(max (\d+)\)/.exec(String(description ?? ""))?.[1];
  if (clean.type === "integer" && limit !== undefined) clean.maximum ??= Number(limit);
  const multiSegment = rest["x-multi-segment"] === true;
  return { name: String(name), in: place, required: required === true, multiSegment, schema: clean };
}

/** One operation with its parameters and responses written out; schemas keep their references. */
export function operationOf(document: Document, method: string, path: string, raw: Schema): Operation {
  const parameters = ((raw.parameters as Schema[] | undefined) ?? []).map((each) => parameterOf(document, each));
  const responses = Object.entries(raw.responses as { [status: string]: Schema }).map(([status, response]) => {
    const body = bodyOf(resolve(document, response).content);
    return [status, body === undefined ? {} : { body }] as const;
  });
  const request = raw.requestBody as { required?: boolean; content?: unknown } | undefined;
  const body = bodyOf(request?.content);
  return {
    method,
    path,
    parameters: parameters.filter((each) => each !== undefined),
    ...(typeof body === "object" ? { request: { required: request?.required === true, body } } : {}),
    responses: Object.fromEntries(responses),
  };
}

/** The components that `roots` reach, directly or through one another, cleaned and in alphabetical order. */
export function reachable(document: Document, roots: unknown): { [name: string]: unknown } {
  const found = new Map<string, unknown>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    for (const [key, part] of Object.entries(value)) {
      if (key !== "$ref" || typeof part !== "string") visit(part);
      else include(part.replace("#/components/schemas/", ""));
    }
  };
  const include = (name: string): void => {
    if (found.has(name)) return;
    const schema = document.components.schemas?.[name];
    if (!schema) throw new Error(`the description refers to the schema ${name}, which it does not contain`);
    const clean = cleanSchema(schema);
    found.set(name, clean);
    visit(clean);
  };
  visit(roots);
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
