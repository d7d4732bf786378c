/** Who is about to sign in to the App's own pages, and who has. */
import { randomName } from "./store.ts";

type Code = { accountId: number; redirectUri: string; challenge: string | undefined; expiresAt: number };

export type SignIns = {
  /** Where the App has people come back to, as in its settings. */
  callbackUrl: string | undefined;
  clientSecret: string;
  codes: Map<string, Code>;
  /** Of people, by which their account goes. */
  tokens: Map<string, number>;
};

export const makeSignIns = (): SignIns => ({
  callbackUrl: undefined,
  clientSecret: randomName(40),
  codes: new Map(),
  tokens: new Map(),
});
