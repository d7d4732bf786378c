/** An agent's question as people are shown it. Every text in it is the agent's, or of whoever answers. Times are Unix ms. */
import { isOpen, type Question } from "../task/question.ts";
import { bare } from "../text/quote.ts";

export type QuestionView = {
  id: string;
  /** On one line. */
  short: string;
  askedAt: number;
  open: boolean;
  /** It says why the agent cannot go on: the kind of that. */
  blocker?: string;
  /** Its team's manager is to answer it, and not a person. */
  resolver?: "manager";
  /** Login of whoever answered; none: the operator, or the manager of its team. */
  answered?: { by?: string; manager?: true; short: string; at: number };
};

export function questionView(question: Question): QuestionView {
  const { id, text, askedAt, answer, blocker, resolver } = question;
  const by = answer?.by && { by: bare(answer.by.login, 60) };
  const manager = answer?.manager && { manager: true as const };
  const answered = answer && { answered: { short: bare(answer.text, 200), at: answer.at, ...by, ...manager } };
  const more = {
    ...(blocker && { blocker: bare(blocker.kind, 40) }),
    ...(resolver === "manager" && { resolver }),
    ...answered,
  };
  return { id: bare(id, 20), short: bare(text, 300), askedAt, open: isOpen(question), ...more };
}
