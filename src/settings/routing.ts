/**
 * The `routing` section of `.github/orch.yml`: whether an agent is chosen by what came of earlier tasks, where nobody has named one. Without
 * it, none is.
 */
import { z } from "zod";

const MODES = ["off", "advise", "route"] as const;
const EXPLORE = 0.1;

/** One that is told its model is told apart from the same agent with its operator's. */
const arm = z.union([
  z.string().min(1).max(64),
  z.strictObject({
    agent: z.string().min(1).max(64),
    model: z
      .string()
      .min(1)
      .max(200)
      .describe("A model that this agent is told to use, by the name that its program knows."),
  }),
]);

const mode = z
  .enum(MODES)
  .describe(
    "off: the default agent. advise: says which agent it would take. route: takes it, where nobody has named one.",
  );

export const routingSchema = z.union([
  mode,
  z.strictObject({
    mode,
    explore: z
      .number()
      .min(0)
      .max(1)
      .default(EXPLORE)
      .describe("Which share of tasks may go to another agent than the best so far, to learn more of it: 0.1."),
    agents: z
      .array(arm)
      .min(1)
      .max(20)
      .optional()
      .describe(
        "The operator's agents among which is chosen, by name, or with a model each; without it, all with the operator's models.",
      ),
    maxCostUsd: z
      .number()
      .positive()
      .max(10_000)
      .optional()
      .describe("An agent whose tasks cost more than that on average, in US dollars, is not chosen."),
  }),
]);

/** As the repository wishes it. JSON. */
export type RoutingWish = {
  mode: "advise" | "route";
  explore: number;
  agents?: string[];
  models?: { agent: string; model: string }[];
  maxCostUsd?: number;
};

/** Undefined: off. */
export function routingOf(written: z.output<typeof routingSchema>): RoutingWish | undefined {
  const wish: Exclude<typeof written, string> =
    typeof written === "string" ? { mode: written, explore: EXPLORE } : written;
  const { mode, explore, agents, maxCostUsd } = wish;
  if (mode === "off") return undefined;
  const plain = agents?.filter((each) => typeof each === "string");
  const models = agents?.filter((each) => typeof each === "object") ?? [];
  return {
    ...{ mode, explore },
    ...(plain && { agents: plain }),
    ...(models.length > 0 && { models }),
    ...(maxCostUsd !== undefined && { maxCostUsd }),
  };
}
