/**
 * Hosts that go together, by the name under which an `allow` list may have them all. Data only. Every one is reached on
 * ports 80 and 443. A set holds what is needed to fetch, not to publish, and no host where anybody can put anything
 * (all of a cloud's storage, say).
 */
/** Where Vertex AI answers by region (https://cloud.google.com/vertex-ai/docs/general/locations). */
const VERTEX_REGIONS = [
  "africa-south1",
  "asia-east1",
  "asia-east2",
  "asia-northeast1",
  "asia-northeast2",
  "asia-northeast3",
  "asia-south1",
  "asia-south2",
  "asia-southeast1",
  "asia-southeast2",
  "australia-southeast1",
  "australia-southeast2",
  "europe-central2",
  "europe-north1",
  "europe-southwest1",
  "europe-west1",
  "europe-west2",
  "europe-west3",
  "europe-west4",
  "europe-west6",
  "europe-west8",
  "europe-west9",
  "europe-west12",
  "me-central1",
  "me-central2",
  "me-west1",
  "northamerica-northeast1",
  "northamerica-northeast2",
  "southamerica-east1",
  "southamerica-west1",
  "us-central1",
  "us-east1",
  "us-east4",
  "us-east5",
  "us-south1",
  "us-west1",
  "us-west2",
  "us-west3",
  "us-west4",
];

export const hostSets = {
  // https://docs.npmjs.com/cli/using-npm/registry; yarn's own name of it; headers for node-gyp from nodejs.org
  npm: ["registry.npmjs.org", "registry.yarnpkg.com", "nodejs.org"],
  // https://docs.pypi.org/api/index-api/
  pypi: ["pypi.org", "files.pythonhosted.org"],
  // https://doc.rust-lang.org/cargo/reference/registry-index.html; toolchains from static.rust-lang.org
  crates: ["index.crates.io", "static.crates.io", "crates.io", "static.rust-lang.org"],
  // https://go.dev/ref/mod#module-proxy; toolchains come from the same proxy
  go: ["proxy.golang.org", "sum.golang.org"],
  // https://guides.rubygems.org/rubygems-org-api/
  rubygems: ["rubygems.org", "index.rubygems.org"],
  // https://maven.apache.org/repository/
  maven: ["repo.maven.apache.org", "repo1.maven.org"],
  // https://docs.gradle.org/current/userguide/plugins.html; distributions for its wrapper. Libraries: maven
  gradle: ["plugins.gradle.org", "plugins-artifacts.gradle.org", "services.gradle.org", "downloads.gradle.org"],
  // https://www.debian.org/mirror/list and https://www.debian.org/security/
  debian: ["deb.debian.org", "security.debian.org"],
  // https://ubuntu.com/server/docs/about-apt; ports: other processors than x86
  ubuntu: ["archive.ubuntu.com", "security.ubuntu.com", "ports.ubuntu.com"],
  // https://learn.microsoft.com/nuget/api/overview
  nuget: ["api.nuget.org", "www.nuget.org"],
  // https://packagist.org/apidoc; most packages themselves lie on GitHub, which is a set of its own
  packagist: ["repo.packagist.org", "packagist.org"],
  // https://docs.github.com/get-started/using-github/allowing-access-to-githubs-services-from-a-restricted-network
  github: [
    "github.com",
    "api.github.com",
    "codeload.github.com",
    "raw.githubusercontent.com",
    "objects.githubusercontent.com",
    "release-assets.githubusercontent.com",
    "media.githubusercontent.com",
    "github-cloud.githubusercontent.com",
    "github-cloud.s3.amazonaws.com",
    "lfs.github.com",
  ],
  // https://code.claude.com/docs/en/network-config: the API; the other two where it is logged in instead of having a key
  anthropic: ["api.anthropic.com", "platform.claude.com", "claude.ai"],
  // https://ai.google.dev/api
  gemini: ["generativelanguage.googleapis.com"],
  // https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations; oauth2: a service account's tokens
  vertex: [
    "aiplatform.googleapis.com",
    "aiplatform.us.rep.googleapis.com",
    "aiplatform.eu.rep.googleapis.com",
    ...VERTEX_REGIONS.map((region) => `${region}-aiplatform.googleapis.com`),
    "oauth2.googleapis.com",
  ],
  // https://platform.openai.com/docs/api-reference; the other two where Codex is logged in instead of having a key
  openai: ["api.openai.com", "auth.openai.com", "chatgpt.com"],
  // https://docs.github.com/copilot/reference/copilot-allowlist-reference
  copilot: [
    "api.github.com",
    "*.githubcopilot.com",
    "copilot-proxy.githubusercontent.com",
    "origin-tracker.githubusercontent.com",
  ],
  // https://www.alibabacloud.com/help/en/model-studio/
  qwen: ["dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com"],
  // https://docs.mistral.ai/api/
  mistral: ["api.mistral.ai", "codestral.mistral.ai"],
  // https://openrouter.ai/docs/api-reference/overview
  openrouter: ["openrouter.ai"],
  // https://api-docs.deepseek.com/
  deepseek: ["api.deepseek.com"],
  // https://docs.x.ai/docs/api-reference
  xai: ["api.x.ai"],
  // https://console.groq.com/docs/api-reference
  groq: ["api.groq.com"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export type HostSet = keyof typeof hostSets;

export const isHostSet = (name: string): name is HostSet => Object.hasOwn(hostSets, name);
