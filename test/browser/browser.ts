/**
 * Debian's Chromium, driven by playwright-core. Every page that is opened here collects what a page must never have: violations of its content security
 * policy, errors in its scripts, and requests that leave the dashboard.
 */
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Pictures of the docs, which `npm run update:screenshots` draws anew; else they are left where nobody keeps them. */
const PICTURES = fileURLToPath(
  new URL(process.env.ORCH_SCREENSHOTS ? "../../docs/" : "../../node_modules/.cache/orch-pictures/", import.meta.url),
);

/** `dashboard-<name>.png`; `whole`: as far down as the page goes. */
export async function picture(page: Page, name: string, { whole = false } = {}): Promise<void> {
  // The head of a page stays where one has scrolled to, which would be in the middle of a whole one.
  if (whole) await page.evaluate("scrollTo(0, 0)");
  await page.screenshot({ path: `${PICTURES}dashboard-${name}.png`, fullPage: whole });
}

/** Runs in the page, which is no program of Node: hence as text. */
const TELL_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " " + event.blockedURI));`;

export type Looked = {
  page: Page;
  /** What went wrong in the page, one sentence each; empty in a good one. */
  complaints(): string[];
};

export type TestBrowser = {
  /** A person of their own: cookies are shared by the pages of one call alone. */
  look(options?: BrowserContextOptions): Promise<Looked & { another(): Promise<Looked>; context: BrowserContext }>;
  close(): Promise<void>;
};

export async function openBrowser(): Promise<TestBrowser> {
  // Chromium's own sandbox refuses to work as root, which tests may be; all it sees is ours.
  const browser: Browser = await chromium.launch({
    executablePath: CHROMIUM,
    chromiumSandbox: false,
    args: ["--disable-dev-shm-usage", "--disable-gpu", "--font-render-hinting=none"],
  });
  return {
    look: async (options = {}) => {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
      await context.addInitScript(TELL_VIOLATIONS);
      const another = async () => watch(await context.newPage());
      return { ...(await another()), another, context };
    },
    close: () => browser.close(),
  };
}

function watch(page: Page): Looked {
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.text().startsWith("policy: ")) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(`script: ${error.message}`));
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOurs = protocol === "data:" || ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
    if (!isOurs) complaints.push(`leaves: ${request.url()}`);
  });
  return { page, complaints: () => [...complaints] };
}
