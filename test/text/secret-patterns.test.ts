/** A secret that one consumer of the list finds, all find; and none takes innocent text for one. */
import { describe, expect, test } from "vitest";
import { publishText, publishTitle } from "../../src/report/publish-text.ts";
import { blockQuote, code, fence, plain, title } from "../../src/text/quote.ts";
import { isSecret, REDACTED, redact, secretPatterns } from "../../src/text/secret-patterns.ts";
import { renderPrompt } from "../../workers/agents/prompt.ts";
import { eventWithoutSecrets, secretsOf } from "../../workers/agents/secrets.ts";
import { transcriptRenderer } from "../../workers/agents/transcript.ts";
import { parseOperatorFile } from "../../workers/operator-file.ts";
import { commitMessage } from "../../workers/publish/commit-message.ts";
import { innocentTexts, secretSamples } from "./secret-samples.ts";

const prompt = (text: string) =>
  renderPrompt({
    ...{ instruction: "fix it", details: text, actor: "octo", repository: "octo/sample", kind: "issue", number: 7 },
    ...{ title: text, body: text, comments: [{ login: "octo", body: text, at: "2026-01-01" }] },
    ...{ branch: "orch/7", baseBranch: "main" },
  });
const handBack = (text: string) =>
  renderPrompt({
    ...{
      instruction: "fix it",
      actor: "octo",
      repository: "octo/sample",
      kind: "issue",
      number: 7,
      title: "",
      body: "",
    },
    ...{ comments: [], branch: "orch/7", baseBranch: "main" },
    handBack: { round: 1, command: "npm test", exitCode: 1, outputTail: text },
  });
const authorship = { taskId: "t1", epoch: 1, requester: { id: 1, login: "maintainer" }, subject: "Repair" };

const CONSUMERS: Record<string, (text: string) => string> = {
  redact,
  publishText,
  publishTitle: (text) => publishTitle(text, ""),
  title,
  fence: (text) => fence(text) ?? "",
  code: (text) => code(text, 2_000),
  plain: (text) => plain(text, 2_000),
  blockQuote,
  "the prompt": prompt,
  "the prompt that hands work back": handBack,
  "the transcript": (text) => transcriptRenderer(1_000)(eventWithoutSecrets({ type: "text", text }, [])),
  "the commit message": (text) => commitMessage(text, authorship),
};

function inOperatorFile(value: string): () => unknown {
  const file = { agents: { a: { kind: "plain", command: ["a"], env: { SETTING: value } } } };
  return () => parseOperatorFile(JSON.stringify(file), "orch.yml");
}

describe.each(secretSamples)("a secret (%s)", (_pattern, secret) => {
  test.each(Object.keys(CONSUMERS))("is blanked by %s", (name) => {
    const shown = CONSUMERS[name]?.(`before ${secret}\nbehind it all`) ?? "";
    for (const line of secret.split("\n").filter(Boolean)) expect(shown).not.toContain(line);
    expect(shown).toMatch(/redacted/);
  });

  test("is refused in the operator's file and known where the host's environment holds it", () => {
    expect(inOperatorFile(secret)).toThrow("looks like a secret");
    const agent = { name: "a", kind: "plain" as const, command: ["a"], env: {}, passEnv: ["SETTING"], readable: [] };
    expect(secretsOf(agent, { SETTING: secret })).toEqual([secret]);
  });
});

test("each pattern finds its samples, and what is blanked is found no more", () => {
  expect(new Set(secretSamples.map(([name]) => name))).toEqual(new Set(Object.keys(secretPatterns)));
  for (const [name, secret] of secretSamples) {
    expect(secret.search(secretPatterns[name] as RegExp), secret).toBeGreaterThanOrEqual(0);
    expect(redact(redact(`a ${secret} b`))).toBe(redact(`a ${secret} b`));
  }
});

test.each(innocentTexts)("%s is no secret", (text) => {
  expect(redact(text)).toBe(text);
  expect(isSecret("SETTING", text)).toBe(false);
});

test("a key in the middle of a text takes only itself along", () => {
  for (const [name, secret] of secretSamples.filter(([each]) => !each.startsWith("private key without"))) {
    const shown = redact(`see "${secret}" and go on`);
    expect(shown, name).toContain("see ");
    expect(shown, name).toMatch(/" and go on$|\/" and go on$|host\/" and go on$/);
  }
  const mentioned = `it begins with -----BEGIN ${"PRIVATE KEY"}-----, says the manual.\n\nMore words follow.`;
  expect(redact(mentioned)).toBe(`it begins with ${REDACTED}, says the manual.\n\nMore words follow.`);
});

test("a name that means a secret is enough", () => {
  for (const name of ["API_KEY", "OPENAI_APIKEY", "my_token", "DB_PASSWORD"]) expect(isSecret(name, "x")).toBe(true);
  for (const name of ["KEYBOARD", "TOKENIZER", "EDITOR"]) expect(isSecret(name, "x")).toBe(false);
  expect(isSecret("API_KEY", "")).toBe(false);
});

/** A time that grows with the square of the length would not end within the test's own limit. */
test.each([
  ...[
    "-----BEGIN PRIVATE KEY-----\n",
    "-----BEGIN PRIVATE KEY-----",
    `${"QUJD".repeat(16)}\n`,
    "eyJaaaaaaaaaa-",
    "sk-",
  ],
  ...["a://b:", "://", "xoxb-", "SG.", "ghs_", "A", "AKIA", "eyJaaaaaaaaaa.", "\\n", "> "],
])("a long text of nothing but %j is read once", (piece) => {
  expect(redact(piece.repeat(Math.ceil(1_000_000 / piece.length)))).toBeDefined();
  expect(redact(`-----BEGIN PRIVATE KEY-----${piece.repeat(Math.ceil(1_000_000 / piece.length))}`)).toBeDefined();
});
