/** Budgets: what each holds, what of it is spent, set aside and left. */
import { amountWords, bareAmount, UNITS, type Unit } from "../../src/text/budget.ts";
import type { EnvelopeView } from "../../src/views/budget.ts";
import { envelopeName } from "../../src/words/budget-words.ts";
import { envelopeBar } from "../charts/bars.ts";
import { type Html, html } from "../html.ts";
import { nothing } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";

export function envelopes(all: readonly EnvelopeView[]): Html {
  const rows = all.flatMap((each) =>
    UNITS.flatMap((unit) => (each.limit[unit] === undefined ? [] : [row(each, unit, each.limit[unit])])),
  );
  if (rows.length === 0)
    return nothing("Nothing is limited here.", "Budgets stand in the operator's file and in `.github/orch.yml`.");
  return html`<div class="scroll"><table>
<thead><tr><th scope="col">Budget</th><th scope="col">Holds</th><th scope="col">Used</th><th scope="col">Set aside</th><th scope="col">Left</th><th scope="col"><span class="unseen">As a bar</span></th></tr></thead>
<tbody>${rows}</tbody></table></div>`;
}

function row(envelope: EnvelopeView, unit: Unit, limit: number): Html {
  const [spent, reserved] = [envelope.spent[unit] ?? 0, envelope.reserved[unit] ?? 0];
  return html`<tr><th scope="row">${sentence(envelopeName(envelope, inPages))}</th>
<td class="number">${amountWords(unit, limit)}</td><td class="number">${bareAmount(unit, spent)}</td>
<td class="number">${reserved > 0 ? bareAmount(unit, reserved) : "–"}</td><td class="number">${bareAmount(unit, envelope.left[unit] ?? 0)}</td>
<td>${envelopeBar({ spent, reserved, limit })}</td></tr>`;
}
