/**
 * What a POST has to show before its fields are believed: that a page of ours sent it. A page elsewhere can neither send our name as its origin, nor know
 * the token, nor send anything else than a form without asking first; each of these alone has been got round somewhere.
 */
import type { IncomingMessage } from "node:http";
import { NoRoom, type Room, readBody, TooLarge } from "../../src/ingress/read-body.ts";
import { equalInConstantTime } from "../../src/ingress/signature.ts";
import type { Address } from "./address.ts";
import type { ProblemName } from "./door-pages.ts";

/** Of a form in bytes: far more than the longest words that an agent may be told. */
const MAX_BODY = 256 * 1024;
const ROOM: Room = { left: 8 * 1024 * 1024, free: 4 * 1024 };

export type ReadForm = { form: URLSearchParams } | { problem: ProblemName };

/** `formToken`: of the session; none where nobody is signed in. */
export function makeFormReader(address: Address) {
  const room = { ...ROOM };

  return async (request: IncomingMessage, formToken: string | undefined): Promise<ReadForm> => {
    if (!isFromHere(request, address)) return { problem: "forged" };
    const body = await readBody(request, MAX_BODY, room).catch((error: unknown) => {
      if (error instanceof TooLarge || error instanceof NoRoom) return undefined;
      throw error;
    });
    if (body === undefined) return { problem: "tooLarge" };
    const form = new URLSearchParams(body.toString("utf8"));
    const given = form.get("token") ?? "";
    form.delete("token");
    if (formToken !== undefined && !equalInConstantTime(given, formToken)) return { problem: "forged" };
    return { form };
  };
}

function isFromHere({ headers }: IncomingMessage, address: Address): boolean {
  const isForm = /^application\/x-www-form-urlencoded\s*(;\s*charset=utf-8\s*)?$/i.test(headers["content-type"] ?? "");
  return isForm && address.isOrigin(headers.origin) && headers["sec-fetch-site"] === "same-origin";
}
