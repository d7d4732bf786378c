/** The output of a task on its page. */
import type { Task } from "../../src/task/task.ts";
import { type Html, html } from "../html.ts";
import { outputView } from "../output/view.ts";

/** `run`: none: the latest, and each that comes. */
export const outputPanel = ({ spec }: Task, run?: number): Html =>
  html`<section class="panel" id="output" aria-labelledby="output-title">
<header class="panel-head"><h2 id="output-title">Output</h2></header>
<div class="pad">${outputView({ taskId: spec.id, ...(run !== undefined && { run }) })}
<noscript><p class="muted">The output is shown by a script. <code>orch logs ${spec.id}</code> shows it in a terminal.</p></noscript></div>
</section>`;
