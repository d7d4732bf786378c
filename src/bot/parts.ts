/** What every part of a bot is given. */
import type { BotConfig } from "../config.ts";
import type { GitHub } from "../github.ts";
import type { Logger } from "../log.ts";
import type { Storage } from "./storage.ts";

export type BotParts = {
  config: BotConfig;
  storage: Storage;
  github: GitHub;
  /** Unix ms. */
  now: () => number;
  log: Logger;
};
