/** Why a task can never start for want of a budget, in the sentence that whoever asked for it is told. */
import { beyondBudget, noBudget } from "../words/budget-words.ts";
import type { Unaffordable } from "./funds.ts";

export const cannotAfford = (why: Unaffordable): string =>
  why.what === "beyond" ? beyondBudget(why.unit, why.asked, why.most) : noBudget(why, why.limit);
