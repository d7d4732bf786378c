/** How far a node of a plan is: how it looks in the graph, and its badge in the table. */
import type { NodeHow, NodeView } from "../../src/views/plan-view.ts";
import { nodeWords } from "../../src/words/plan-words.ts";
import type { Html } from "../html.ts";
import { badge } from "./standing-badge.ts";

type Look = Pick<Parameters<typeof badge>[0], "tone" | "sign">;

export const nodeLooks: Record<NodeHow, Look> = {
  proposed: { tone: "idle", sign: "list" },
  waiting: { tone: "idle", sign: "dots" },
  queued: { tone: "idle", sign: "clock" },
  preparing: { tone: "busy", sign: "dots" },
  working: { tone: "busy", sign: "play" },
  verifying: { tone: "busy", sign: "check" },
  merging: { tone: "busy", sign: "merge" },
  asks: { tone: "warn", sign: "question" },
  calls: { tone: "idle", sign: "question" },
  limited: { tone: "idle", sign: "pause" },
  blocked: { tone: "warn", sign: "alert" },
  merged: { tone: "done", sign: "merge" },
  failed: { tone: "bad", sign: "cross" },
  skipped: { tone: "idle", sign: "minus" },
  cancelled: { tone: "idle", sign: "stop" },
  superseded: { tone: "idle", sign: "minus" },
};

/** Of a node that was tried more than once it says so. */
export const nodeState = ({ how, tries }: Pick<NodeView, "how" | "tries">): string =>
  tries > 1 ? `${nodeWords[how]}, try ${tries}` : nodeWords[how];

export const nodeBadge = (node: Pick<NodeView, "how" | "tries">): Html =>
  badge({ word: nodeState(node), ...nodeLooks[node.how] });
