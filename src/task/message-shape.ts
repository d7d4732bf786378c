/**
 * What is said to an agent, and by whom. Whatever is not of this shape is refused to its sender, and buried where it stands in a stream
 * all the same. Another kind of message, or of sender, is added here; how an agent reads it is in `workers/agents/prompt-messages.ts`.
 */
import { z } from "zod";

/** Of one message, in characters. */
export const MAX_MESSAGE = 4_000;
/** Of one message. */
export const MAX_REFS = 10;
const MAX_REF = 500;

/** What a message is meant as. Those that agents may say: `SAYABLE`. */
export const MESSAGE_KINDS = [
  "note",
  "question",
  "answer",
  "blocker",
  "resolved",
  "assignment",
  "handoff",
  "conflict",
  "stop",
] as const;
export type MessageKind = (typeof MESSAGE_KINDS)[number];

/** The others say what a plan wants of a node: that is its host's to say, by the plan's revisions. */
export const SAYABLE = ["note", "question", "answer", "resolved", "handoff"] as const satisfies readonly MessageKind[];

/** How the manager of a plan is called where nodes go by their ids. */
export const MANAGER = "manager";

const idShape = z.string().min(1).max(200);

/** `person`: a login. `node`: its id within the plan; `manager`: of the same plan. `host`: Orch itself. */
const senderShape = z.union([
  z.object({ person: z.string().min(1).max(100) }),
  z.object({ node: z.string().min(1).max(100), epoch: z.number().optional() }),
  z.object({ manager: z.literal(true), epoch: z.number().optional() }),
  z.object({ host: z.literal(true) }),
]);
export type Sender = z.output<typeof senderShape>;

/** Where results are: a commit, a file, a page. They travel so, and not as prose. */
export const refShape = z.union([
  z.strictObject({ sha: z.string().regex(/^[0-9a-f]{7,64}$/) }),
  z.strictObject({ path: z.string().min(1).max(MAX_REF) }),
  z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(MAX_REF) }),
]);
export type Ref = z.output<typeof refShape>;

export const messageShape = z.object({
  v: z.literal(1),
  /** The sender's own, and the same whenever it is sent. */
  id: idShape,
  from: senderShape,
  /** A node of the plan, or its manager; none: the agent of the task that it was sent to. */
  to: z.string().min(1).max(100).optional(),
  kind: z.enum(MESSAGE_KINDS),
  /** By whoever sent it: hostile. */
  text: z.string().min(1).max(MAX_MESSAGE),
  refs: z.array(refShape).max(MAX_REFS).optional(),
  /** Of the plan, when an assignment was made: a later one to the same node makes it void. */
  revision: z.number().int().optional(),
  inReplyTo: idShape.optional(),
  /** What the copies of one message to several have in common. */
  correlation: idShape.optional(),
  /** It was buried under this id, and is sent once more. */
  replayOf: idShape.optional(),
  /** When it was said, and from when on nobody is to hear it, Unix ms. */
  at: z.number(),
  expires: z.number().optional(),
});
export type Message = z.output<typeof messageShape>;

/** By which quotas and numbers go. No login begins so, and no node. */
export function senderName(from: Sender): string {
  if ("person" in from) return `@${from.person}`;
  if ("node" in from) return from.node;
  return "manager" in from ? MANAGER : "*host";
}
