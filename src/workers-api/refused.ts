/** A request of a worker host that is answered with a code which tells it whether to ask again. */
import { classify, retryAfterMs } from "../github.ts";
import type { RefusalCode } from "../task/host-api.ts";

/** GitHub's rule for limits that come without a time, ms. */
const LIMIT_WAIT_MS = 60_000;
const MAX_WAIT_MS = 3600_000;

export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusalCode;
  /** Not to be asked again before, ms. */
  readonly retryAfterMs: number | undefined;
  constructor(code: RefusalCode, message: string, options: ErrorOptions & { retryAfterMs?: number | undefined } = {}) {
    super(message, options);
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What GitHub's refusal means for the run. What may pass is `unavailable`: the host's own deadlines bound the asking. */
export function refusedByGitHub(error: unknown): Refused {
  const failure = classify(error);
  const options = { cause: error };
  switch (failure) {
    case "installation_gone":
      return new Refused("installation_gone", "The GitHub App is no longer installed here.", options);
    case "suspended":
      return new Refused("installation_gone", "The GitHub App's installation is suspended.", options);
    case "gone":
      return new Refused("repository_gone", "GitHub no longer shows us this repository.", options);
    case "archived":
      return new Refused("archived", "The repository is archived.", options);
    case "locked":
    case "forbidden":
    case "invalid":
    case "unavailable":
      return new Refused("unavailable", "GitHub does not answer as it should. Ask again later.", options);
    case "rate_limited": {
      const asked = retryAfterMs(error, Date.now()) ?? LIMIT_WAIT_MS;
      const waiting = { ...options, retryAfterMs: Math.min(asked, MAX_WAIT_MS) };
      return new Refused("unavailable", "GitHub takes no more requests of this App for now.", waiting);
    }
  }
}
