/** Where the output of a task's run is shown: `assets/output.js` fills it, by what stands in its data attributes. */
import type { Task } from "../../src/task/task.ts";
import { type Html, html } from "../html.ts";
import { taskPath } from "./links.ts";

/** `run`: none: the current one, and whichever comes behind it. */
export function outputPanel(task: Task, run?: number): Html {
  const { id } = task.spec;
  return html`<section class="panel output" id="output" aria-labelledby="output-title" data-output="${taskPath(id)}/output"${run !== undefined && html` data-run="${run}"`} data-epoch="${task.epoch}">
<header class="panel-head"><h2 id="output-title">Output</h2><div class="steps" role="tablist" aria-label="Steps" data-steps></div><div class="panel-aside"><span data-output-state></span> <button type="button" data-output-pause hidden>Pause</button></div></header>
<pre class="terminal" role="log" aria-label="Output of the agent" tabindex="0" data-output-text></pre>
<noscript><p class="pad muted">The output is shown by a script. <code>orch logs ${id}</code> shows it in a terminal.</p></noscript>
</section>`;
}
