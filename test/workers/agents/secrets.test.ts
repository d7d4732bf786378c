import { expect, test } from "vitest";
import { withoutSecrets } from "../../../src/text/known-secrets.ts";
import { secretsOf } from "../../../workers/agents/secrets.ts";

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
