import { expect, test } from "vitest";
import { withoutSecrets } from "../../../src/text/known-secrets.ts";
import type { AgentEvent } from "../../../workers/agents/event.ts";
import { secretBlanker, secretsOf } from "../../../workers/agents/secrets.ts";

test("what counts as a secret: by the variable's name here or on the host, or by the look of the value", () => {
  const agent = {
    name: "coder",
    kind: "plain" as const,
    command: ["coder"],
    env: { MODEL_LOGIN: "$MODEL_API_KEY", EDITOR: "none-at-all" },
    passEnv: ["SERVICE_TOKEN", "OPAQUE", "SHORT_KEY", "NODE_ENV", "NOT_SET_KEY"],
    readable: [],
  };
  const host = {
    MODEL_API_KEY: "value-of-the-model-key",
    SERVICE_TOKEN: "value-of-the-model-key-and-more",
    OPAQUE: "sk-0123456789abcdef",
    SHORT_KEY: "abc",
    NODE_ENV: "production",
    WORKER_SECRET: "nobody-gets-this",
  };
  const secrets = secretsOf(agent, host);
  expect(secrets).toEqual(["value-of-the-model-key-and-more", "value-of-the-model-key", "sk-0123456789abcdef"]);
  expect(withoutSecrets("a value-of-the-model-key-and-more b sk-0123456789abcdef c production", secrets)).toBe(
    "a [redacted] b [redacted] c production",
  );
});

/** What is shown of a program that prints these lines, one by one. */
function shown(lines: readonly string[]): string[] {
  const blank = secretBlanker([]);
  return lines.map((text) => (blank({ type: "text", text }) as Extract<AgentEvent, { type: "text" }>).text);
}

test("a private key is blanked also where it is printed line by line, and what comes after it is shown", () => {
  const line = "MIIEpAIBAAKCAQEA7cXnVnyNf7hQ2uEJrJ0mXo1kXnX4m0H8gq5l2c5s3tYp9wQz";
  const key = [
    "-----BEGIN RSA PRIVATE KEY-----",
    ...Array<string>(40).fill(line),
    "Qw==",
    "-----END RSA PRIVATE KEY-----",
  ];
  const blank = key.map(() => "[redacted]");
  expect(shown(["I look:", ...key, "That is all.", line])).toEqual(["I look:", ...blank, "That is all.", line]);
  expect(shown([key.slice(0, 3).join("\n"), key.slice(3).join("\n"), "done"])).toEqual([...blank.slice(0, 2), "done"]);
  // One that is never ended is over when something else is said.
  expect(shown([...key.slice(0, -1), "That is all.", line])).toEqual([...blank.slice(1), "That is all.", line]);
  expect(shown(["key: -----BEGIN EC PRIVATE KEY-----", line, `${line} and more`])).toEqual([
    "key: [redacted]",
    "[redacted]",
    `${line} and more`,
  ]);
});

test("where there is no private key, every line is shown as it is", () => {
  const token = `ghp_${"a1".repeat(18)}`;
  expect(
    shown([`token: ${token}`, "done", "", "-----BEGIN CERTIFICATE-----", "MIIB", "-----END CERTIFICATE-----"]),
  ).toEqual(["token: [redacted]", "done", "", "-----BEGIN CERTIFICATE-----", "MIIB", "-----END CERTIFICATE-----"]);
});
