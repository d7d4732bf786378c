/** What GitHub refuses of a push: a hook of every bare repository, told by its environment what is forbidden here. */
import { readFileSync } from "node:fs";

/** What a push may not bring. */
export type Forbidden = {
  /** Workflows, to a token without the permission. */
  workflows: boolean;
  unsigned: boolean;
  /** An extended regular expression. */
  secrets: string | undefined;
  /** Where the repository's pages are, for the addresses in the refusal. */
  page: string;
};

export const hookEnvironment = ({ workflows, unsigned, secrets, page }: Forbidden): Record<string, string> => ({
  ...(workflows ? { SIMULATOR_NO_WORKFLOWS: "1" } : {}),
  ...(unsigned ? { SIMULATOR_SIGNED: "1" } : {}),
  ...(secrets === undefined ? {} : { SIMULATOR_SECRETS: secrets }),
  SIMULATOR_PAGE: page,
});

export const updateHook = readFileSync(new URL("update-hook.sh", import.meta.url), "utf8");
