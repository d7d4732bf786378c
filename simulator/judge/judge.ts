/**
 * Says whether a REST exchange or a webhook is one that GitHub's published OpenAPI description allows.
 *
 * It judges shapes: endpoint, parameters, request, status, response, payload. It cannot see what the description does
 * not say: limits told only in prose (a comment's 65,536 characters), permissions, and every rule that needs state
 * (the commit exists, the pull request is no duplicate). Those are the simulator's own duty.
 */
import { makeEndpoints } from "./endpoints.ts";
import { type Operation, readRest, readWebhooks, type Schema } from "./published-schema.ts";
import { unknownKeys } from "./unknown-keys.ts";
import { makeCheck } from "./validators.ts";

export type Request = {
  method: string;
  /** As sent, still percent-encoded, without the query; with or without `/api/v3` in front. */
  path: string;
  query: URLSearchParams | Record<string, string>;
  /** Parsed JSON; undefined, null or "" when there was no body. */
  requestBody?: unknown;
};

export type Exchange = Request & {
  status: number;
  /** Parsed JSON; undefined, null or "" when there was no body. */
  responseBody?: unknown;
};

export type Judge = {
  /** The violations in words, each beginning with method, path and status, then "request" or "response". */
  exchange(exchange: Exchange): string[];
  /** The same of a request whose answer is not GitHub's. */
  request(request: Request): string[];
  /** The violations of a payload; event as in `X-GitHub-Event`. An event outside the selection is a violation. */
  webhook(event: string, payload: unknown): string[];
};

/** Answers that any endpoint may give although its description seldom lists them (GitHub documents them globally). */
const anywhere = (status: number): boolean =>
  [301, 307, 400, 401, 403, 404, 422, 429].includes(status) || status >= 500;

const isAbsent = (body: unknown) => body === undefined || body === null || body === "";
const isEmptyObject = (body: unknown) => typeof body === "object" && body !== null && Object.keys(body).length === 0;

/** The error body that GitHub documents for every endpoint, for statuses whose schema an operation does not give. */
const errorBody: Schema = {
  type: "object",
  required: ["message"],
  properties: { message: { type: "string" }, documentation_url: { type: "string" } },
};

/** One schema for all parameters of an operation. */
function parametersSchema({ parameters }: Operation): Schema {
  const part = (place: "path" | "query"): Schema => {
    const own = parameters.filter((each) => each.in === place);
    return {
      type: "object",
      properties: Object.fromEntries(own.map(({ name, schema }) => [name, schema])),
      required: own.filter((each) => each.required).map((each) => each.name),
      additionalProperties: false,
    };
  };
  return { type: "object", properties: { path: part("path"), query: part("query") } };
}

function makeRestJudge(): Omit<Judge, "webhook"> {
  const rest = readRest();
  const endpoints = makeEndpoints(Object.values(rest.operations));
  const check = makeCheck(rest, { coerce: false });
  const checkText = makeCheck(rest, { coerce: true });
  const parameterSchemas = new Map<Operation, Schema>();

  const judgeParameters = (operation: Operation, path: object, query: Exchange["query"]): string[] => {
    const schema = parameterSchemas.get(operation) ?? parametersSchema(operation);
    parameterSchemas.set(operation, schema);
    return checkText(schema, { path, query: Object.fromEntries(new URLSearchParams(query)) });
  };

  const judgeRequest = ({ request }: Operation, body: unknown): string[] => {
    if (!request) return isAbsent(body) || isEmptyObject(body) ? [] : ["a body, but this endpoint takes none"];
    if (isAbsent(body)) return request.required ? ["no body, but this endpoint needs one"] : [];
    const unknown = unknownKeys(request.body, body, rest.components.schemas);
    return [...check(request.body, body), ...unknown.map((pointer) => `${pointer} is not a known field`)];
  };

  const judgeResponse = ({ responses }: Operation, status: number, body: unknown): string[] => {
    const rule = responses[status];
    if (status === 304) return isAbsent(body) ? [] : ["a body beside status 304"];
    if (!rule && !anywhere(status)) return [`status ${status}, documented are ${Object.keys(responses).join(", ")}`];
    if (rule?.body === "other" || (status >= 500 && !rule)) return [];
    if (rule?.body) return check(rule.body, body);
    if (status >= 300) return check(errorBody, body);
    return isAbsent(body) || isEmptyObject(body) ? [] : [`a body, but status ${status} has none`];
  };

  const unknownEndpoint = `request: no such endpoint in ${rest.source} (see simulator/schema/selection.json)`;
  const judgeAll = ({ method, path, query, requestBody }: Request, answered?: Exchange): string[] => {
    const match = endpoints(method.toUpperCase(), path.replace(/^\/api\/v3(?=\/)/, ""));
    if (!match) return [unknownEndpoint];
    const { operation, pathParameters } = match;
    const answer = answered ? judgeResponse(operation, answered.status, answered.responseBody) : [];
    return [
      ...judgeParameters(operation, pathParameters, query).map((text) => `request parameters: ${text}`),
      ...judgeRequest(operation, requestBody).map((text) => `request body: ${text}`),
      ...answer.map((text) => `response: ${text}`),
    ];
  };
  const at = ({ method, path }: Request) => `${method.toUpperCase()} ${path}`;
  return {
    exchange: (each) => judgeAll(each, each).map((text) => `${at(each)} ${each.status}: ${text}`),
    request: (each) => judgeAll(each).map((text) => `${at(each)}: ${text}`),
  };
}

function makeWebhookJudge(): Judge["webhook"] {
  const webhooks = readWebhooks();
  const check = makeCheck(webhooks, { coerce: false });
  return (event, payload) => {
    const action = (payload as { action?: unknown } | undefined)?.action;
    const name = typeof action === "string" ? `${event}.${action}` : event;
    const schema = webhooks.payloads[name];
    if (!schema) return [`webhook ${name}: not in ${webhooks.source} (see simulator/schema/selection.json)`];
    return check(schema, payload).map((text) => `webhook ${name}: ${text}`);
  };
}

/** Reads the description (about 0.1 s); each schema is compiled when it is first needed. */
export function makeJudge(): Judge {
  return { ...makeRestJudge(), webhook: makeWebhookJudge() };
}
