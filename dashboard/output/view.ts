/** The part of a page that shows what a task's programs print; `assets/output.js` fills it. A page that has it names that script. */
import { asset } from "../door/assets.ts";
import { type Html, html } from "../html.ts";

/** `run`: only this one; none: the latest, and each that comes. */
export type OutputShown = { taskId: string; run?: number };

export const OUTPUT_SCRIPT = "output.js";

export function outputView({ taskId, run }: OutputShown): Html {
  const path = `/tasks/${taskId}/output`;
  const text = run === undefined ? path : `${path}?run=${run}`;
  return html`<link rel="stylesheet" href="${asset("output.css")}">
<section class="output" aria-label="Output" data-output="${path}"${run !== undefined && html` data-run="${run}"`}>
<div class="output-bar">
<div class="output-tabs" role="tablist" aria-label="Steps"></div>
<button type="button" class="output-follow quiet" aria-pressed="true">Pause</button>
<button type="button" class="output-earlier quiet" hidden>Show earlier output</button>
<a href="${text}">As text</a>
<p class="output-state muted" role="status"></p>
</div>
<div class="output-logs"></div>
</section>`;
}
