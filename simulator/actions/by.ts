/** In whose name something is done. */
import type { Account } from "../store/model.ts";

export type By = {
  account: Account;
  /** Done with an installation token. */
  viaApp: boolean;
};
