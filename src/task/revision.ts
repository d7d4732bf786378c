/** What a manager wants to be different in a plan, as data: as it hands it in, and as it is kept until a person has decided about it. */
import { z } from "zod";
import { nodeSchema, nodeShape, PLAN_LIMITS } from "./plan-proposal.ts";

const id = z.string().min(1).max(PLAN_LIMITS.id);

/** As the manager hands it in. */
export const revisionSchema = z.strictObject({
  retry: z
    .array(z.strictObject({ node: id, instruction: z.string().trim().max(PLAN_LIMITS.note).optional() }))
    .max(PLAN_LIMITS.nodes)
    .optional()
    .describe("Nodes that failed or were left out, to be tried again; instruction: what their agent should know."),
  skip: z.array(id).max(PLAN_LIMITS.nodes).optional().describe("Nodes to leave out; others go on without them."),
  replace: z
    .array(id)
    .max(PLAN_LIMITS.nodes)
    .optional()
    .describe("Nodes in whose place the added ones are: what stands behind them waits for all the added ones."),
  add: z.array(nodeSchema).max(PLAN_LIMITS.nodes).optional().describe("New nodes."),
  end: z.literal("partial").optional().describe("Start nothing more: what is merged by then is all there will be."),
});
export type Revision = z.output<typeof revisionSchema>;

/** As records have it, whoever wrote them and whatever the bounds were then. */
export const revisionShape = z.object({
  retry: z.array(z.object({ node: z.string(), instruction: z.string().optional() })).optional(),
  skip: z.array(z.string()).optional(),
  replace: z.array(z.string()).optional(),
  add: z.array(nodeShape).optional(),
  end: z.literal("partial").optional(),
}) satisfies z.ZodType<Revision>;

/** The nodes that there are and that it is about. */
export const namedIn = ({ retry = [], skip = [], replace = [] }: Revision): string[] => [
  ...retry.map(({ node }) => node),
  ...skip,
  ...replace,
];
