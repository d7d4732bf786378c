/** Budgets: what each holds, what of it is spent, set aside and left. */
import { amountWords, bareAmount, UNITS, type Unit } from "../../src/text/budget.ts";
import type { EnvelopeView } from "../../src/views/budget.ts";
import { envelopeName } from "../../src/words/budget-words.ts";
import { envelopeBar } from "../charts/bars.ts";
import { type Html, type HtmlValue, html } from "../html.ts";
import { dataTable, scrolled } from "./data-table.ts";
import { nothing } from "./panel.ts";
import { inPages, sentence } from "./sentence.ts";

export function envelopes(all: readonly EnvelopeView[]): Html {
  const rows = all.flatMap((each) =>
    UNITS.flatMap((unit) => (each.limit[unit] === undefined ? [] : [cells(each, unit, each.limit[unit])])),
  );
  if (rows.length === 0)
    return nothing(
      "Nothing is limited here.",
      sentence("Budgets stand in the operator's file and in `.github/orch.yml`."),
    );
  return scrolled(
    dataTable({
      columns: [
        { name: "Budget" },
        { name: "Used", look: "number" },
        { name: "As a bar", unseen: true },
        { name: "Left", look: "number" },
      ],
      rows,
    }),
  );
}

function cells(envelope: EnvelopeView, unit: Unit, limit: number): HtmlValue[] {
  const [spent, reserved] = [envelope.spent[unit] ?? 0, envelope.reserved[unit] ?? 0];
  return [
    sentence(envelopeName(envelope, inPages)),
    html`${bareAmount(unit, spent)}${reserved > 0 && html`<div class="sub">${bareAmount(unit, reserved)} set aside</div>`}`,
    envelopeBar({ spent, reserved, limit }),
    html`${bareAmount(unit, envelope.left[unit] ?? 0)}<div class="sub">of ${amountWords(unit, limit)}</div>`,
  ];
}
