/** How a task's agent was chosen, in a sentence or two, with the numbers that it rests on. */
import type { Candidate, Routing } from "../task/routing.ts";
import { count, dollars } from "../text/amounts.ts";
import type { Quoting } from "../text/quote.ts";

/** Of the candidates so many are named. */
const NAMED = 10;

export function routingWords(routing: Routing, quoting: Quoting): string {
  const { candidates, class: kind } = routing;
  const known = candidates.slice(0, NAMED).map((each) => candidateWords(each, quoting));
  const numbers = known.length > 0 ? ` ${fromWhere(routing, quoting.code(kind, 60))}: ${known.join("; ")}.` : "";
  return `${decision(routing, quoting)}${numbers}`;
}

function decision({ mode, chosen, model, explored, because }: Routing, quoting: Quoting): string {
  if (chosen === undefined)
    return `${mode === "advise" ? "Advice on its agent" : "Its agent"}: the default. ${whyNot(because)}`;
  const agent = armWords({ agent: chosen, model }, quoting);
  if (mode === "advise")
    return `Advice on its agent: ${agent}. It is only told: the repository's file says \`advise\`.`;
  return explored
    ? `Its agent ${agent} was chosen to learn more of it.`
    : `Its agent ${agent} was chosen by what came of earlier tasks.`;
}

function whyNot(because: Routing["because"]): string {
  switch (because) {
    case "no_history":
      return "What came of earlier tasks could not be read.";
    case "too_costly":
      return "All others cost more than is allowed here.";
    case "one_agent":
      return "There was no other that may be chosen.";
    case "not_enough":
    case undefined:
      return "Too few tasks are over to tell agents apart.";
  }
}

function fromWhere({ fellBackTo }: Routing, kind: string): string {
  if (fellBackTo === "all_repositories") return `Tasks like it (${kind}) of all repositories`;
  if (fellBackTo === "all_kinds" || fellBackTo === "default") return "Tasks of all kinds and repositories";
  return `Tasks like it (${kind}) in this repository`;
}

function candidateWords({ arm, model, n, merged, costPerMerged, draw }: Candidate, quoting: Quoting): string {
  const cost = costPerMerged === undefined ? "" : `, ${dollars(costPerMerged)} for each`;
  const drawn = draw === undefined ? "" : `, drawn ${dollars(draw)}`;
  return `${armWords({ agent: arm, model }, quoting)} ${round(merged)} merged of ${count(round(n), "task")}${cost}${drawn}`;
}

const armWords = ({ agent, model }: { agent: string; model: string | undefined }, { code }: Quoting): string =>
  model === undefined ? code(agent, 60) : `${code(agent, 60)} with ${code(model, 80)}`;

const round = (value: number): number => Math.round(value);
