/**
 * Which deed a form asks for: sent twice, it is one. A form has a key of its own where its page was made for one viewer; of any other, the same by the
 * same viewer within some seconds is a second click.
 */
import { createHash, randomBytes } from "node:crypto";
import type { Redis } from "ioredis";
import { keys } from "../../src/task/keys.ts";
import type { Viewer, Visit } from "../visit.ts";

/** A deed is a request of a single line. */
export const LINE = 1;

const SECOND_CLICK_MS = 15_000;
const KEY = /^[\w-]{16,64}$/;

export const newFormKey = (): string => randomBytes(16).toString("base64url");

export const nameOf = (viewer: Viewer): string =>
  viewer.kind === "person" ? `person ${viewer.id}` : `operator ${viewer.id ?? viewer.name}`;

/** The key as it stands in what is recorded: another viewer's form with the same one is another deed. `about`: what it is done to. */
export const deedKey = (viewer: Viewer, about: string, formKey: string): string =>
  createHash("sha256")
    .update(JSON.stringify([nameOf(viewer), about, formKey]))
    .digest("hex")
    .slice(0, 32);

export async function formKeyOf(redis: Redis, { viewer, form }: Visit, deed: string): Promise<string> {
  const given = form.get("key");
  if (given !== null && KEY.test(given)) return given;
  const said = JSON.stringify([nameOf(viewer), deed, [...form].toSorted()]);
  const key = keys.dashboardForm(createHash("sha256").update(said).digest("hex"));
  const own = newFormKey();
  await redis.set(key, own, "PX", SECOND_CLICK_MS, "NX");
  return (await redis.get(key)) ?? own;
}
