/**
 * Texts that look like credentials, and texts that look like those. Put together from parts, because whoever hosts this
 * repository searches what is pushed for them too.
 */
const MIX = "16C7e42F292c6912E7710c838347Ae178B4a";
const LETTERS = "abcdEFGHijklMNOPqrstUVWXyzABcdefGH";
const key = (...parts: string[]) => parts.join("");
const block = (kind: string, body = "MIIEowIBAAKCAQEA\nabcDEF123+/==") =>
  key("-----BEGIN ", kind, "-----\n", body, "\n-----END ", kind, "-----");

/** By the name of the pattern that is to find it. */
export const secretSamples: readonly (readonly [pattern: string, text: string])[] = [
  ["GitHub installation", key("ghs_", MIX)],
  [
    "GitHub installation",
    key("ghs_", "1234567_", "eyJhbGciOiJSUzI1NiJ9", ".", "abc-DEF_123".repeat(6), ".", "sig".repeat(9)),
  ],
  ["GitHub", key("ghp_", MIX)],
  ["GitHub", key("gho_", MIX)],
  ["GitHub", key("ghu_", MIX)],
  ["GitHub", key("ghr_", MIX, MIX)],
  ["GitHub fine-grained", key("github_pat_", "11ABCDEFG0", "abcDEF123".repeat(8))],
  ["Orch", key("orch_api_", MIX, "-_x4fQz")],
  ["GitLab", key("glpat-", "abcDEF-12345_67890xyz")],
  ["GitLab", key("gldt-", "abcDEF-12345_67890xyz")],
  ["GitLab", key("glpat-", "abcDEF12345678901234567890", ".01.0w1abc234")],
  ["npm", key("npm_", MIX)],
  ["PyPI", key("pypi-", "AgEIcHlwaS5vcmc", MIX, MIX)],
  ["Docker Hub", key("dckr_pat_", "abcDEF-12345_67890xyz123456")],
  ["Hugging Face", key("hf_", LETTERS)],
  ["model provider", key("sk-", MIX, "abcdefghijkl")],
  ["model provider", key("sk-", "proj-", MIX, "_", MIX)],
  ["model provider", key("sk-", "ant-api03-abcdefghijklmnop")],
  ["model provider", key("sk-", "or-v1-", "0123456789abcdef".repeat(4))],
  ["Groq", key("gsk_", MIX, "abcdefgh12345678")],
  ["xAI", key("xai-", MIX, MIX)],
  ["Replicate", key("r8_", MIX)],
  ["Perplexity", key("pplx-", MIX, "abcdefgh1234")],
  ["Google API", key("AIza", "SyA-abcdefghijklmnopqrstuvwxyz_1234")],
  ["Google login", key("ya29.", "a0AfH6SMBx-abcdefghijklmnop_qrstuv")],
  ["Google login", key("GOCSPX-", "abcdefghijklmnopqrstuvwx1234")],
  ["AWS", key("AKIA", "IOSFODNN7ABCDEFG")],
  ["AWS", key("ASIA", "IOSFODNN7ABCDEFG")],
  ["Slack", key("xoxb-", "123456789012-1234567890123-abcdefABCDEF")],
  ["Slack", key("xoxp-", "123456789012-abcdefABCDEF")],
  ["Slack", key("xapp-", "1-A0123456789-1234567890-abcdef")],
  ["Stripe", key("sk_", "live_", "4eC39HqLyjWDarjtT1zdp7dc")],
  ["Stripe", key("whsec_", "4eC39HqLyjWDarjtT1zdp7dc")],
  ["SendGrid", key("SG.", "ngeVfQFYQlKU0ufo8x5d1A", ".", "TwL2iGABf9DHoTf-09kqeF8tAmbihYzrnopKc-1s5cr")],
  ["DigitalOcean", key("dop_v1_", "0123456789abcdef".repeat(4))],
  ["JSON web token", key("eyJhbGciOiJSUzI1NiJ9", ".eyJpc3MiOiIxMjM0NSJ9", ".c2lnbmF0dXJlcw")],
  ["private key", block("RSA PRIVATE KEY")],
  ["private key", block("OPENSSH PRIVATE KEY")],
  ["private key", block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123\n\nMIIEowIBAAKCAQEA")],
  ["private key", block("PGP PRIVATE KEY BLOCK", "Version: 1\n\nlQdGBF0abc=")],
  ["private key", block("PRIVATE KEY").replaceAll("\n", "\\n")],
  ["private key without its end", key("-----BEGIN ", "PRIVATE KEY-----\nMIIEow\nabc")],
  ["private key without its beginning", `${"QUJD".repeat(16)}\n${"QUJD".repeat(4)}\n-----END PRIVATE KEY-----`],
  ["credentials in a URL", "https://x-access-token:secret1@host/"],
  ["credentials in a URL", "redis://:p4ssw0rd@redis.example:6379/0"],
  ["credentials in a URL", "postgres://app:hunter2@db/orders"],
];

/** What has the look of one at first sight. */
export const innocentTexts: readonly string[] = [
  "f73b1d2c0a4e5b6d7f8091a2b3c4d5e6f7081920",
  "123e4567-e89b-12d3-a456-426614174000",
  "npm_config_registry=https://registry.npmjs.org",
  "hf_transfer and hf_hub_download",
  "gh_token, ghp_ and github_pat_ are prefixes",
  '<div class="sk-loading-spinner-container">',
  "task-2024-migration-plan-v2, risk-assessment-2024",
  "glpat- is GitLab's prefix",
  "xoxo-and-many-kisses",
  "AIzawa, AKIAN, SG.1.2",
  "eyJ is how a header begins",
  block("CERTIFICATE"),
  block("PUBLIC KEY"),
  "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJl3dIeudNqd0DPMRD6OIh65tjkxFNOtGGX user@host",
  "https://example.com:8080/logo@2x.png and git@github.com:octo/sample.git",
  "https://x-access-token:$GITHUB_TOKEN@github.com, https://user:<password>@host, https://user:{token}@host",
  "postgres://postgres:postgres@localhost:5432/test",
  "sha512-9uLlV7d0gF1lNUXn0ZrXqBf1WJxq0OqJt5h1zGk0fH5oGQ==",
];
