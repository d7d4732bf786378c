/**
 * The secrets that an agent was given, so that what it says and what it commits can be searched for them. An agent that
 * means to give its key away can always disguise it; this is against the one that prints its environment or commits it.
 */
import type { AgentDefinition } from "./adapter.ts";
import { definedEnv, referredName } from "./environment.ts";
import type { AgentEvent } from "./event.ts";

const secretName = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;
const secretValue =
  /^(?:sk-|ghp_|gho_|ghs_|ghu_|github_pat_|glpat-|xox[abprs]-|AIza|AKIA|ASIA|ya29\.|eyJ[\w-]+\.|-----BEGIN )/;

/** Shorter values would be found in innocent text. */
const MIN_LENGTH = 8;

/** By its name or by the look of its value. */
export function isSecret(name: string, value: string): boolean {
  return value !== "" && (secretName.test(name) || secretValue.test(value));
}

/** The values among the agent's variables that are secrets, the longest first. `host`: the host's environment. */
export function secretsOf(agent: AgentDefinition, host: Readonly<Record<string, string | undefined>>): string[] {
  const found = Object.entries(definedEnv(agent, host)).filter(([name, value]) => {
    const names = [name, referredName(agent.env[name] ?? "") ?? name];
    return value.length >= MIN_LENGTH && names.some((each) => isSecret(each, value));
  });
  return longestFirst(found.map(([, value]) => value));
}

/**
 * How secrets may stand in a text: as they are, as JSON writes them, and of those with several lines each line that is
 * no innocent one by its shortness. The longest first.
 */
export function printedForms(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => {
    const lines = secret.split("\n").map((line) => line.trim());
    return [secret, JSON.stringify(secret).slice(1, -1), ...lines.filter((line) => line.length >= MIN_LENGTH)];
  });
  return longestFirst(forms);
}

const longestFirst = (texts: readonly string[]) => [...new Set(texts)].sort((one, other) => other.length - one.length);

/** The text with a word in the place of each secret. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  return secrets.reduce((clean, secret) => clean.replaceAll(secret, "[redacted]"), text);
}

/** The same for every text of an event. */
export function eventWithoutSecrets<Event extends AgentEvent>(event: Event, secrets: readonly string[]): Event {
  const clean = ([key, value]: [string, unknown]) =>
    key === "type" || typeof value !== "string" ? [key, value] : [key, withoutSecrets(value, secrets)];
  return Object.fromEntries(Object.entries(event).map(clean)) as Event;
}
