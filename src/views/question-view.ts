/** An agent's question as people are shown it. Every text in it is the agent's, or of whoever answers. Times are Unix ms. */
import { isOpen, type Question } from "../task/question.ts";
import { bare } from "../text/quote.ts";

export type QuestionView = {
  id: string;
  /** On one line. */
  short: string;
  askedAt: number;
  open: boolean;
  /** Login of whoever answered; none: the operator. */
  answered?: { by?: string; short: string; at: number };
};

export function questionView(question: Question): QuestionView {
  const { id, text, askedAt, answer } = question;
  const by = answer?.by && { by: bare(answer.by.login, 60) };
  const answered = answer && { answered: { short: bare(answer.text, 200), at: answer.at, ...by } };
  return { id: bare(id, 20), short: bare(text, 300), askedAt, open: isOpen(question), ...answered };
}
