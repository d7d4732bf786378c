/**
 * The secrets that an agent was given, so that what it says and what it commits can be searched for them, and for whatever
 * else looks like one. An agent that means to give its key away can always disguise it; this is against the one that prints
 * its environment or commits it.
 */
import { longestFirst, MIN_SECRET_LENGTH, withoutSecrets } from "../../src/text/known-secrets.ts";
import { isSecret, REDACTED, redact } from "../../src/text/secret-patterns.ts";
import type { AgentDefinition } from "./adapter.ts";
import { definedEnv, referredName } from "./environment.ts";
import type { AgentEvent } from "./event.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The values among the variables of the agent and of its MCP servers that are secrets, the longest first. `host`: the host's environment. */
export function secretsOf(agent: AgentDefinition, host: Env): string[] {
  return longestFirst([agent, ...Object.values(agent.mcp ?? {})].flatMap((program) => secretsIn(program, host)));
}

function secretsIn(program: Pick<AgentDefinition, "env" | "passEnv">, host: Env): string[] {
  const found = Object.entries(definedEnv(program, host)).filter(([name, value]) => {
    const names = [name, referredName(program.env[name] ?? "") ?? name];
    return value.length >= MIN_SECRET_LENGTH && names.some((each) => isSecret(each, value));
  });
  return found.map(([, value]) => value);
}

const KEY_BEGINS = "-----BEGIN PRIVATE KEY-----\n";

/**
 * `eventWithoutSecrets` for the events of a program in their order: a private key is blanked also when the program prints it
 * line by line, so that no event has all of it.
 */
export function secretBlanker(secrets: readonly string[]): (event: AgentEvent) => AgentEvent {
  let inKey = false;
  return (event) => {
    if (event.type !== "text" && event.type !== "log") return eventWithoutSecrets(event, secrets);
    const goesOn = inKey;
    const text = goesOn ? KEY_BEGINS + event.text : event.text;
    const clean = eventWithoutSecrets({ ...event, text }, secrets);
    const isOpen = text.lastIndexOf("-----BEGIN ") > text.lastIndexOf("-----END ");
    inKey = isOpen && clean.text.endsWith(REDACTED);
    return goesOn ? { ...clean, text: clean.text.slice(REDACTED.length).trimStart() || REDACTED } : clean;
  };
}

/** No text of the event holds one of the known secrets, or what looks like one. */
export function eventWithoutSecrets<Event extends AgentEvent>(event: Event, secrets: readonly string[]): Event {
  const clean = ([key, value]: [string, unknown]) =>
    key === "type" || typeof value !== "string" ? [key, value] : [key, redact(withoutSecrets(value, secrets))];
  return Object.fromEntries(Object.entries(event).map(clean)) as Event;
}
