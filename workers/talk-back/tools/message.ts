/** An agent of a team says something to others of it. It is told how many messages wait there before its own: nobody is waited for. */
import { createHash } from "node:crypto";
import { z } from "zod";
import { MANAGER, MAX_MESSAGE, MAX_REFS, refShape, SAYABLE } from "../../../src/task/message-shape.ts";
import type { Sending } from "../../../src/task/messages.ts";
import { answerNode } from "../../run/answer-node.ts";
import { MAX_SAID_TO_TEAM, planIdOf, type SaidToTeam, sayToTeam, type Told } from "../../run/say-to-team.ts";
import { Refused, type TalkRun, tool } from "../tool.ts";

export const message = tool({
  name: "message",
  description: `Say something to others of your team: to a node by its id, to all nodes of a role, to "manager", or to "all". They read it with their next call or turn, and need not answer; what they say to you comes with the results of your own calls. Say what they need for their work, and nothing else: at most ${MAX_SAID_TO_TEAM} messages. What you cannot go on without, ask with \`ask\` or \`blocker\`.`,
  input: z.object({
    to: z.string().trim().min(1).max(60).describe('A node\'s id, a role, "manager" or "all"'),
    kind: z
      .enum(SAYABLE)
      .default("note")
      .describe("note, question, answer, resolved, or handoff (something is there to be used)"),
    text: z.string().trim().min(1).max(MAX_MESSAGE).describe(`At most ${MAX_MESSAGE} characters`),
    inReplyTo: z
      .string()
      .trim()
      .min(1)
      .max(200)
      .optional()
      .describe(
        "The name of the message that you answer; for the manager, also of a question or a blocker, which that resolves",
      ),
    refs: z
      .array(refShape)
      .max(MAX_REFS)
      .optional()
      .describe("Commits (sha), files (path) or pages (url) that it is about"),
  }),
  isFor: ({ run }) => planIdOf(run.task.spec) !== undefined,
  async call(talk, saying) {
    const question = saying.inReplyTo;
    if (question !== undefined && isQuestion(question)) return await answer(talk, { question, text: saying.text });
    const said = await say(talk, saying);
    if (!said) throw new Refused("There is no plan yet, so there is nobody to say something to.");
    if ("problem" in said) throw new Refused(`${said.problem} Nothing was sent.`);
    const lines = said.told.map(outcomeOf);
    if (said.told.every(({ sending }) => sending.kind !== "sent")) throw new Refused([...new Set(lines)].join("\n"));
    return [`Sent as ${said.id}.`, ...lines].join("\n");
  },
});

const isQuestion = (name: string): boolean => /^q[0-9a-f]{6}$/.test(name);

/** The manager, by the name of the question. */
async function answer({ shared, run }: TalkRun, said: { question: string; text: string }): Promise<string> {
  if (run.task.spec.node) throw new Refused("Questions are answered by your manager, or by people. Nothing was sent.");
  const answered = await answerNode(shared, run, said).catch((error: unknown) => {
    run.log.warn({ err: error }, "an answer of the manager could not be recorded");
    throw new Refused("This cannot be passed on right now. Try it again later.");
  });
  if (answered.kind === "answered") return `Answered: the agent of ${answered.node} goes on with that.`;
  const open = answered.open.length === 0 ? "Nobody asks anything now." : `Open are: ${answered.open.join(", ")}.`;
  throw new Refused(`There is no open question ${said.question}. ${open}`);
}

async function say(
  { shared, run, call }: TalkRun,
  saying: Parameters<typeof sayToTeam>[2],
): Promise<SaidToTeam | undefined> {
  const key = call ?? createHash("sha256").update(JSON.stringify(saying)).digest("hex");
  try {
    return await sayToTeam(shared, run, saying, key);
  } catch (error) {
    run.log.warn({ err: error }, "what the agent says to its team could not be sent");
    throw new Refused("This cannot be sent right now. Go on with your work, and say it again later.");
  }
}

function outcomeOf({ to, sending, hasBegun }: Told): string {
  if (sending.kind !== "sent") return FAILED[sending.kind](to);
  const before = sending.ahead === 0 ? "" : `, ${sending.ahead} before yours`;
  return `${to}: ${hasBegun ? "read with its next call or turn" : LATER(to)}${before}.`;
}

const LATER = (to: string): string => (to === MANAGER ? "read when it is called next" : "read when it begins");

const FAILED: Record<Exclude<Sending["kind"], "sent">, (to: string) => string> = {
  full: (to) => `${to}: not sent, for its inbox is full. It has not read what it was told so far.`,
  over: () => "The plan is over: nothing was sent.",
  spent: () => `You have said ${MAX_SAID_TO_TEAM} messages, and more is not possible. Go on with your work.`,
  void: (to) => `${to}: not sent, for it was overtaken.`,
};
