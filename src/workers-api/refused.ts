/** A request of a worker host that is answered with a code which tells it whether to ask again. */
import { classify } from "../github.ts";
import type { RefusalCode } from "../task/host-api.ts";

export class Refused extends Error {
  override readonly name = "Refused";
  readonly code: RefusalCode;
  constructor(code: RefusalCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
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
    case "rate_limited":
    case "unavailable":
      return new Refused("unavailable", "GitHub does not answer as it should. Ask again later.", options);
  }
}
