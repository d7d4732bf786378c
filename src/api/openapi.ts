/** The plain HTTP door as OpenAPI 3.1, made of the same table that answers. */
import { z } from "zod";
import { VERSION } from "../task/version.ts";
import { PROBLEMS, problemShape } from "./problem.ts";
import type { ApiRoute } from "./route.ts";

type Json = Record<string, unknown>;

/** `url`: under which programs reach it. */
export function openApi(routes: readonly ApiRoute[], url: string): Json {
  const schemas: Json = {};
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Orch",
      version: VERSION,
      description: "Ask a self-hosted Orch for pull requests. docs/api.md of the project has the story.",
    },
    servers: [{ url }],
    security: [{ token: [] }],
    paths,
    components: { schemas, securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  };
}

function operation({ operationId, summary, path, isIdempotent, body, query, answers }: ApiRoute, schemas: Json): Json {
  const id = { name: "id", in: "path", required: true, schema: { type: "string" } };
  const key = {
    name: "Idempotency-Key",
    in: "header",
    description: "Your own name for what you ask: asked again under it, it happens once.",
    schema: { type: "string", minLength: 1, maxLength: 200 },
  };
  const parameters = [
    ...(path.includes("{id}") ? [id] : []),
    ...(isIdempotent ? [key] : []),
    ...(query ? queryOf(query, schemas) : []),
  ];
  const own = Object.entries(answers).map(([status, { description, shape }]) => [
    status,
    answerOf(description, schemaOf(shape, "output", schemas)),
  ]);
  return {
    operationId,
    summary,
    ...(parameters.length > 0 && { parameters }),
    ...(body && {
      requestBody: {
        required: !body.safeParse(undefined).success,
        content: contentOf(schemaOf(body, "input", schemas)),
      },
    }),
    responses: {
      ...Object.fromEntries(own),
      default: answerOf(`A problem (${problems()}).`, schemaOf(problemShape, "output", schemas)),
    },
  };
}

const problems = (): string =>
  Object.entries(PROBLEMS)
    .map(([code, status]) => `${status} ${code}`)
    .join(", ");

const contentOf = (schema: unknown): Json => ({ "application/json": { schema } });
const answerOf = (description: string, schema: unknown): Json => ({ description, content: contentOf(schema) });

function queryOf(shape: z.ZodType, schemas: Json): Json[] {
  const { properties = {} } = schemaOf(shape, "input", schemas) as { properties?: Record<string, Json> };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    description,
    schema,
  }));
}

/** What has a name stands among `schemas`, and is referred to. */
function schemaOf(shape: z.ZodType, io: "input" | "output", schemas: Json): unknown {
  const { $schema: _, $defs = {}, ...made } = z.toJSONSchema(shape, { io }) as Json & { $defs?: Json };
  for (const [name, schema] of Object.entries($defs)) schemas[name] = referring(schema);
  const { id: name, ...schema } = made;
  if (typeof name !== "string") return referring(schema);
  schemas[name] = referring(schema);
  return { $ref: `#/components/schemas/${name}` };
}

/** Zod puts the name itself in as well. */
function referring(schema: unknown): unknown {
  const text = JSON.stringify(schema, (key, value) => (key === "id" && typeof value === "string" ? undefined : value));
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/'));
}
