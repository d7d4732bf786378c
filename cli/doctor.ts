/**
 * `orch doctor`: looks at everything that Orch needs on this machine and says what to do about each problem. Changes
 * nothing, needs no rights, works before anything is configured, and never prints a secret.
 */
import type { Env } from "../src/config.ts";
import { headersIn } from "../src/settings/traces.ts";
import { visibleText } from "../src/text/clean.ts";
import { printedForms, withoutSecrets } from "../src/text/known-secrets.ts";
import { redact } from "../src/text/secret-patterns.ts";
import { SEARCH_PATH } from "../workers/sandbox/find-program.ts";
import { checkAgents } from "./doctor/agents.ts";
import { checkCanary } from "./doctor/canary.ts";
import type { Check, Section, Status } from "./doctor/check.ts";
import { checkDashboard } from "./doctor/dashboard.ts";
import { checkDisk } from "./doctor/disk.ts";
import { checkGitHub } from "./doctor/github.ts";
import { checkLimits } from "./doctor/limits.ts";
import { checkPrograms } from "./doctor/programs.ts";
import { checkReach } from "./doctor/reach.ts";
import { checkRedis } from "./doctor/redis.ts";
import { hasNoApp, roleOf } from "./doctor/role.ts";
import { checkSandbox } from "./doctor/sandbox.ts";
import { checkSettings } from "./doctor/settings.ts";

const SIGNS: Record<Status, string> = { ok: "✓", note: "!", problem: "✗" };

/** Settings of which no part may ever be shown. */
const SECRETS = [
  ...["PRIVATE_KEY", "WEBHOOK_SECRET", "WORKER_SECRET", "METRICS_TOKEN"],
  ...["DASHBOARD_CLIENT_SECRET", "OTEL_EXPORTER_OTLP_HEADERS"],
];
/** What is shorter than any secret that is accepted would blot out ordinary words. */
const SECRET_LENGTH = 8;

export type Report = { ok: boolean; problems: number; notes: number; sections: Section[] };

/** `canary`: the worker hosts are tried as well. */
export type DoctorOptions = { json?: boolean; canary?: boolean };

/** Exit code 0; 1 when there is a problem. `json`: one line, otherwise a list for people. */
export async function doctor(env: Env, { json = false, canary = false }: DoctorOptions): Promise<number> {
  const report = await doctorReport(env, { canary });
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : render(report.sections, report));
  return report.ok ? 0 : 1;
}

/** Without anything that is known to be a secret. */
export async function doctorReport(env: Env, { canary = false }: { canary?: boolean } = {}): Promise<Report> {
  const secrets = secretsIn(env);
  const tried = canary ? [{ title: "Canary", checks: await checkCanary(env) }] : [];
  const sections = [...(await examine(env)), ...tried].map(({ title, checks }) => ({
    title,
    checks: checks.map((check) => blanked(check, secrets)),
  }));
  const count = (status: Status) => sections.flatMap(({ checks }) => checks).filter((check) => check.status === status);
  const problems = count("problem").length;
  return { ok: problems === 0, problems, notes: count("note").length, sections };
}

async function examine(env: Env): Promise<Section[]> {
  const role = roleOf(env);
  const { checks: settings, operator } = checkSettings(env, role);
  if (operator) settings.push(...(await checkReach(env, role, operator)), ...(await checkDisk(env, operator.limits)));
  if (role.bot && !hasNoApp(env)) settings.push(...(await checkDashboard(env)));
  const confined = operator?.sandbox !== "none";
  const programs = checkPrograms({ role, ownRedis: !env.REDIS_URL, confined, path: env.PATH || SEARCH_PATH });
  const sections: Section[] = [
    { title: "Programs", checks: await programs },
    { title: "Settings", checks: settings },
    { title: "Redis", checks: await checkRedis(env, role.host && !confined) },
  ];
  if (role.bot && !hasNoApp(env)) sections.push({ title: "GitHub", checks: await checkGitHub(env) });
  if (!role.host) return sections;
  const agents: Check[] = [];
  const sandbox = await checkSandbox(env, operator, async (ground) => {
    agents.push(...(await checkAgents(operator?.agents.values() ?? [], env, ground)));
  });
  sections.push({ title: "Sandbox", checks: sandbox });
  if (operator) sections.push({ title: "Limits", checks: checkLimits(operator) });
  if (operator) sections.push({ title: "Agents", checks: agents });
  return sections;
}

function render(sections: readonly Section[], { problems, notes }: { problems: number; notes: number }): string {
  const width = Math.max(...sections.flatMap(({ checks }) => checks.map(({ name }) => name.length)));
  const lines = sections.flatMap(({ title, checks }) => [
    title,
    ...checks.flatMap((check) => renderCheck(check, width)),
    "",
  ]);
  const end = problems === 0 ? "No problems" : `${problems} ${problems === 1 ? "problem" : "problems"}`;
  return `${[...lines, `${end}${notes > 0 ? `, ${notes} to know about (!)` : ""}.`].join("\n")}\n`;
}

function renderCheck({ name, status, detail, remedy }: Check, width: number): string[] {
  // Details carry words of others (GitHub, programs): they are shown, never obeyed by the terminal.
  const [first = "", ...more] = visibleText(detail).split("\n");
  const indent = " ".repeat(width + 6);
  return [
    `  ${SIGNS[status]} ${name.padEnd(width)}  ${first}`.trimEnd(),
    ...more.map((line) => `${indent}${line.trim()}`),
    ...(remedy ? [`${indent}→ ${visibleText(remedy)}`] : []),
  ];
}

/** No check prints a secret on purpose; an error message of somebody else's might. */
function blanked({ name, status, detail, remedy }: Check, secrets: readonly string[]): Check {
  const clean = (text: string) => redact(withoutSecrets(text, secrets));
  return { name, status, detail: clean(detail), ...(remedy !== undefined && { remedy: clean(remedy) }) };
}

function secretsIn(env: Env): string[] {
  const password = /:\/\/[^:@/]*:([^@/]+)@/.exec(env.REDIS_URL ?? "")?.[1];
  const headers = Object.values(headersIn(env.OTEL_EXPORTER_OTLP_HEADERS));
  const values = [...SECRETS.map((name) => env[name]), ...headers, password];
  return printedForms(values.flatMap((value) => (value && value.length >= SECRET_LENGTH ? [value] : [])));
}
