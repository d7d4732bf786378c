/**
 * What a credential looks like, whoever gave it out: the one list. A setting that holds one is refused, and it is blanked
 * in whatever leaves for GitHub, for a terminal or for an agent. Linear time: no pattern looks far ahead in vain.
 */

export const REDACTED = "[redacted]";

/** Certificates and public keys look alike and are none. */
const KEY_BLOCK = "[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----";

/** By who gives them out. Most may not go on from a word: `task-2024-…` is no key of `sk-…`. */
export const secretPatterns: Readonly<Record<string, RegExp>> = {
  "private key": new RegExp(`-----BEGIN ${KEY_BLOCK}(?:(?!-----BEGIN )[\\s\\S])*?-----END ${KEY_BLOCK}`, "g"),
  // Its end was cut off: all lines below that may be part of it. A line break may stand escaped, as in JSON.
  "private key without its end": new RegExp(
    `-----BEGIN ${KEY_BLOCK}(?:(?:\\r?\\n|\\\\n)[> \\t]*(?:[A-Z][A-Za-z-]{1,30}: [^\\n]{0,100}|[A-Za-z0-9+/=]{0,100})(?=[ \\t]*(?:\\r?\\n|\\\\n|["']|$)))*`,
    "g",
  ),
  "private key without its beginning": new RegExp(
    `(?:(?<![A-Za-z0-9+/=])[A-Za-z0-9+/=]{40,76}\\n[> \\t]*){1,200}(?:[A-Za-z0-9+/=]{1,76}\\n[> \\t]*)?-----END ${KEY_BLOCK}`,
    "g",
  ),
  "GitHub installation": /ghs_[A-Za-z0-9._-]{36,}/g,
  GitHub: /gh[oprux]_[A-Za-z0-9_]{30,}/g,
  "GitHub fine-grained": /github_pat_[A-Za-z0-9_]{20,}/g,
  // By which other programs ask this bot.
  Orch: /(?<![A-Za-z0-9])orch_api_[A-Za-z0-9_-]{40,}/g,
  GitLab: /(?<![A-Za-z0-9])gl(?:pat|oas|dt|rtr?|cbt|ptt|ft|imt|agent|soat|wt)-[A-Za-z0-9_-]{20,}[A-Za-z0-9_.-]*/g,
  npm: /(?<![A-Za-z0-9])npm_[A-Za-z0-9]{36,}/g,
  PyPI: /(?<![A-Za-z0-9])pypi-AgE[A-Za-z0-9_-]{50,}/g,
  "Docker Hub": /(?<![A-Za-z0-9])dckr_pat_[A-Za-z0-9_-]{20,}/g,
  "Hugging Face": /(?<![A-Za-z0-9])(?:hf|api_org)_[A-Za-z0-9]{30,}/g,
  // OpenAI, Anthropic, OpenRouter, DeepSeek and more. Names of small letters alone are those of style sheets.
  "model provider": /(?<![A-Za-z0-9])sk-(?=[a-z_-]{0,40}[0-9A-Z])[A-Za-z0-9_-]{16,}/g,
  Groq: /(?<![A-Za-z0-9])gsk_[A-Za-z0-9]{40,}/g,
  xAI: /(?<![A-Za-z0-9])xai-[A-Za-z0-9]{40,}/g,
  Replicate: /(?<![A-Za-z0-9])r8_[A-Za-z0-9]{30,}/g,
  Perplexity: /(?<![A-Za-z0-9])pplx-[A-Za-z0-9]{40,}/g,
  "Google API": /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g,
  "Google login": /(?<![A-Za-z0-9])(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]{20,}[A-Za-z0-9_.-]*/g,
  AWS: /(?<![A-Za-z0-9])A(?:K|S)IA[A-Z0-9]{16}(?![A-Za-z0-9])/g,
  Slack: /(?<![A-Za-z0-9])(?:xox[abeoprs]|xapp)-(?=[A-Za-z-]{0,40}\d)[A-Za-z0-9-]{10,}/g,
  Stripe: /(?<![A-Za-z0-9])(?:[rs]k_(?:live|test)|whsec)_[A-Za-z0-9]{16,}/g,
  SendGrid: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/g,
  DigitalOcean: /(?<![A-Za-z0-9])do[opr]_v1_[a-f0-9]{64}/g,
  // A header that begins with `{"`, what it says, and a signature.
  "JSON web token": /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g,
  // Not a variable or a gap to be filled (`$TOKEN`, `<token>`), nor what anybody guesses, the user's own name.
  "credentials in a URL": /(?<=:\/\/)([^\s/@:"]{0,200}):(?!\1@|[$<{*])[^\s/@"]{1,600}(?=@)/g,
};

const patterns = Object.values(secretPatterns);

/** The text without anything that looks like a credential. */
export function redact(text: string): string {
  return patterns.reduce((clean, secret) => clean.replace(secret, REDACTED), text);
}

/** Texts that stand below each other, also without a credential that goes from one to the next; of that, one word is left. */
export function redactEach(texts: readonly string[]): string[] {
  const blank = (secret: string) => REDACTED + "\n".repeat(secret.split("\n").length - 1);
  const clean = patterns.reduce((text, secret) => text.replace(secret, blank), texts.join("\n")).split("\n");
  return texts.map((text) => clean.splice(0, text.split("\n").length).join("\n"));
}

/** Names of variables that hold secrets. */
const SECRET_NAME = /(?:^|_)(?:API_?KEY|KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)$/i;

/** Whether a setting is a secret: by its name or by the look of its value. */
export function isSecret(name: string, value: string): boolean {
  return value !== "" && (SECRET_NAME.test(name) || patterns.some((secret) => value.search(secret) >= 0));
}
