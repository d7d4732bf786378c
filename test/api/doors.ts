/** A bot with a listener for programs, tokens for it, and every answer judged by what it publishes as OpenAPI. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { expect } from "vitest";
import { makeTokens, type TokenRecord } from "../../src/api/tokens.ts";
import { type BotSetting, MAINTAINER, startBotSetting } from "../support/bot.ts";

const OPEN = { host: "127.0.0.1", port: 0, url: undefined };

export type Answer = { status: number; headers: Headers; body: Record<string, never> & { [key: string]: unknown } };
export type Sent = { token?: string; body?: unknown; key?: string; headers?: Record<string, string> };

type Described = { paths: Record<string, Record<string, { responses: Record<string, unknown> }>> };

/** Fails where a route, its status or its body is not what the listener says of itself. */
async function makeJudge(url: string) {
  const document = (await (await fetch(`${url}/openapi.json`)).json()) as Described & { openapi: string };
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  ajv.addSchema({ ...document, $id: "orch" });
  const judge = (method: string, path: string, { status, body }: Pick<Answer, "status" | "body">) => {
    const template = Object.keys(document.paths).find((each) =>
      new RegExp(`^${each.replace("{id}", "[\\w-]+")}$`).test(path.split("?", 1)[0] ?? ""),
    );
    expect(template, `${path} is published`).toBeDefined();
    const { responses } = document.paths[template ?? ""]?.[method.toLowerCase()] ?? {};
    const name = responses?.[status] ? String(status) : "default";
    const place = ["paths", template, method.toLowerCase(), "responses", name, "content", "application/json", "schema"];
    const pointer = (responses ? place : ["components", "schemas", "Problem"])
      .map((part) => String(part).replaceAll("~", "~0").replaceAll("/", "~1"))
      .map(encodeURIComponent)
      .join("/");
    const validate = ajv.getSchema(`orch#/${pointer}`);
    expect(validate, `${method} ${template} ${name} has a schema`).toBeDefined();
    validate?.(body);
    expect(validate?.errors ?? [], JSON.stringify(body)).toEqual([]);
  };
  return { document, judge };
}

export type Doors = Awaited<ReturnType<typeof openDoors>>;

export async function openDoors() {
  const orch = await startBotSetting({ api: OPEN });
  const url = orch.apiUrl();
  const { judge, document } = await makeJudge(url);
  const tokens = makeTokens(orch.redis);
  const token = await tokens.add(callerOf(orch, "ci"));

  async function ask(
    method: string,
    path: string,
    { token: by = token, body, key, headers }: Sent = {},
  ): Promise<Answer> {
    const response = await fetch(`${orch.apiUrl()}${path}`, {
      method,
      headers: {
        ...(by !== "" && { authorization: `Bearer ${by}` }),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...(key !== undefined && { "idempotency-key": key }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const answer = {
      status: response.status,
      headers: response.headers,
      body: (await response.json()) as Answer["body"],
    };
    if (/^\/v1\/(?:tasks|plans)/.test(path)) judge(method, path, answer);
    return answer;
  }

  return { orch, tokens, token, ask, document };
}

export function callerOf(orch: BotSetting, client: string, login = MAINTAINER): TokenRecord {
  const { id, owner, name, installationId } = orch.repository;
  return {
    client,
    repositories: [{ id, owner, name, installationId }],
    actor: { id: orch.github.createUser(login).id, login },
    madeAt: 1,
  };
}
