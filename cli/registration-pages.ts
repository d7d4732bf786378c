/** The two pages of the way to an App: the form that is sent to GitHub, and what is left to do afterwards. Plain HTML, no script. */

/** `problem`: what is wrong with the given webhook address; the form is then not offered. */
export type Offer = {
  action: string;
  manifest: string;
  organization: string;
  webhook: string;
  webhookPath: string;
  problem?: string;
};

export function formPage({ action, manifest, organization, webhook, webhookPath, problem }: Offer): string {
  const hook = webhook && !problem ? `GitHub will deliver to <b>${escapeHtml(webhook)}</b>.` : WITHOUT_WEBHOOK;
  return page(
    "Register Orch as a GitHub App",
    `<form method="get" action="/">
<p><label>Public https address of the webhook, if there is one yet<br><input name="webhook" size="60" value="${escapeHtml(webhook)}" placeholder="https://orch.example.com${escapeHtml(webhookPath)}"></label></p>
<p><label>Organization that shall own the App (empty: you)<br><input name="organization" size="40" value="${escapeHtml(organization)}"></label></p>
<p><button>Take these over</button> (do this first if you have written anything above)</p></form>
${
  problem
    ? `<p class="problem">${escapeHtml(problem)}.</p>`
    : `<p>The App will belong to ${organization ? `<b>${escapeHtml(organization)}</b>` : "your own account"}. ${hook}</p>
<form method="post" action="${escapeHtml(action)}"><input type="hidden" name="manifest" value="${escapeHtml(manifest)}">
<p><button class="main">Register the App on GitHub</button></p></form>
<p>Name and permissions are filled in; GitHub lets you change the name.</p>`
}`,
  );
}

const WITHOUT_WEBHOOK =
  "No address is given, so the App's webhook is made <b>inactive</b>: you set its address and switch it on afterwards. The next page says how.";

export function donePage(name: string, steps: readonly string[]): string {
  const items = steps.map((step) => `<li>${linked(escapeHtml(step))}</li>`).join("\n");
  return page(`${escapeHtml(name)} is registered`, `<ol>${items}</ol>`);
}

export const problemPage = (problem: string): string =>
  page("This did not work", `<p class="problem">${escapeHtml(problem)}.</p><p><a href="/">Start again</a></p>`);

function page(title: string, content: string): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem }
input { font: inherit; max-width: 100% } button { font: inherit; padding: .3rem 1rem } .main { font-weight: 600 }
.problem { color: #b00020 }</style></head><body><h1>${title}</h1>${content}</body></html>`;
}

const linked = (text: string): string =>
  text.replaceAll(/https?:\/\/[^\s<]+[^\s<.,]/g, (url) => `<a href="${url}">${url}</a>`);

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
const escapeHtml = (text: string): string => text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
