/**
 * One GraphQL request, judged by GitHub's own published schema: a query that the schema does not know is refused as
 * GitHub does it, and counts as a violation, because Orch should never have sent it.
 */
import {
  type DocumentNode,
  execute,
  GraphQLError,
  type GraphQLFieldResolver,
  getOperationAST,
  type OperationDefinitionNode,
  parse,
  validate,
} from "graphql";
import { z } from "zod";
import { type Actor, payer } from "../auth/actor.ts";
import { ApiError, type Reply } from "../routes/reply.ts";
import { violated, type World } from "../world.ts";
import { type Cost, costOf, demandFewNodes } from "./cost.ts";
import { addReaction, minimizeComment } from "./mutations.ts";
import { isOwnFault, Malformed, Refusal, told } from "./refusal.ts";
import { repository } from "./repository.ts";
import { schema } from "./schema.ts";
import type { Scope } from "./scope.ts";

const request = z.object({
  query: z.string(),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});
type Request = z.infer<typeof request>;

/** More words than that are no query of anybody's. */
const mostTokens = 20_000;

type Understood = { document: DocumentNode; operation: OperationDefinitionNode; cost: Cost };

/** @returns what is wrong with the query, where something is */
function understand({ query, variables, operationName }: Request): Understood | GraphQLError[] {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: mostTokens });
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    throw error;
  }
  const errors = validate(schema, document, undefined, { hideSuggestions: true });
  if (errors.length > 0) return [...errors];
  const operation = getOperationAST(document, operationName);
  if (!operation) return [new GraphQLError("An operation name is required")];
  const cost = costOf(document, operation, variables ?? {});
  try {
    demandFewNodes(cost);
  } catch (error) {
    return [new GraphQLError((error as Error).message, { originalError: error as Error })];
  }
  return { document, operation, cost };
}

/** As GraphQL's own, but what nobody wrote an answer for is a failure of the simulator, not null. */
const resolveField: GraphQLFieldResolver<Record<string, unknown>, unknown> = (source, wanted, context, info) => {
  if (!(info.fieldName in source))
    throw new Error(`the simulator has no answer for ${info.parentType.name}.${info.fieldName}`);
  const value = source[info.fieldName];
  return typeof value === "function" ? value(wanted, context, info) : value;
};

function rateLimit(limits: Record<string, string>, { points, nodes }: Cost) {
  const number = (name: string) => Number(limits[`x-ratelimit-${name}`]);
  return {
    cost: points,
    nodeCount: nodes,
    limit: number("limit"),
    remaining: number("remaining"),
    used: number("used"),
    resetAt: new Date(number("reset") * 1000).toISOString().replace(".000Z", "Z"),
  };
}

const root = (scope: Scope, limits: Record<string, string>, cost: Cost) => ({
  rateLimit: rateLimit(limits, cost),
  repository: (wanted: { owner: string; name: string }) => repository(scope, wanted),
  minimizeComment: ({ input }: { input: Parameters<typeof minimizeComment>[1] }) => minimizeComment(scope, input),
  addReaction: ({ input }: { input: Parameters<typeof addReaction>[1] }) => addReaction(scope, input),
});

/** Says nothing of what went wrong inside, as GitHub; whoever runs the tests reads it among the violations. */
function tellFailure(world: World, error: GraphQLError) {
  const text = error.originalError?.stack ?? error.message;
  world.log(text);
  violated(world, `the simulator failed: ${text}`);
  return { message: "Something went wrong while executing your query." };
}

async function executed(scope: Scope, asked: Request, understood: Understood, limits: Record<string, string>) {
  const { data, errors } = await execute({
    schema,
    document: understood.document,
    rootValue: root(scope, limits, understood.cost),
    variableValues: asked.variables,
    operationName: asked.operationName,
    fieldResolver: resolveField as GraphQLFieldResolver<unknown, unknown>,
  });
  const shown = errors?.map((each) => (isOwnFault(each) ? tellFailure(scope.world, each) : told(each)));
  // Without data nothing was begun: the variables are wrong.
  blame(
    scope.world,
    data === undefined
      ? (errors ?? [])
      : (errors ?? []).filter(({ originalError }) => originalError instanceof Malformed),
  );
  return { ...(data === undefined ? {} : { data }), ...(shown ? { errors: shown } : {}) };
}

/** Records what Orch should never have sent. */
function blame(world: World, errors: readonly GraphQLError[]): void {
  if (world.judge) violated(world, ...errors.map((each) => `graphql: ${each.message}`));
}

/** Takes the points; a refusal carries the headers as well. */
function pay(world: World, actor: Actor, points: number): { limits: Record<string, string>; refusal?: Refusal } {
  try {
    const limits = world.limits.request(payer(actor), Date.now(), { resource: "graphql", points });
    world.usage.noteGraphql(payer(actor), points);
    return { limits };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { limits: error.headers, refusal: new Refusal("RATE_LIMITED", error.message) };
  }
}

export async function answerGraphql(world: World, actor: Actor, body: unknown): Promise<Reply> {
  if (actor.kind === "anonymous") throw new ApiError(401, "This endpoint requires you to be authenticated.");
  const asked = request.safeParse(body);
  if (!asked.success) throw new ApiError(400, "A query attribute must be specified and must be a string.");
  const understood = understand(asked.data);
  const { limits, refusal } = pay(world, actor, Array.isArray(understood) ? 1 : understood.cost.points);
  const headers = { "x-github-media-type": "github.v4; format=json", ...limits };
  const reply = (content: unknown): Reply => ({ status: 200, headers, body: content });
  if (refusal) return reply({ errors: [{ type: refusal.type, message: refusal.message }] });
  const { operation = undefined } = Array.isArray(understood) ? {} : understood;
  // What is too much within a minute is refused as in REST, by the status.
  const method = operation?.operation === "mutation" ? "POST" : "GET";
  world.secondaryLimits.count(payer(actor), { method, content: false, graphql: true }, Date.now());
  if (!Array.isArray(understood)) return reply(await executed({ world, actor }, asked.data, understood, limits));
  blame(world, understood);
  return reply({ errors: understood.map(told) });
}
