/** How the bot says who asked and by what: the words for each kind of origin. */
import type { Origin, OriginKind } from "../task/origin.ts";
import type { TaskSpec } from "../task/task.ts";
import { code, plain } from "../text/quote.ts";

type OriginOf<Kind extends OriginKind> = Extract<Origin, { kind: Kind }>;
type Words = { [Kind in OriginKind]: (origin: OriginOf<Kind>, who: string) => string };

/** Markdown, without the request itself. */
const words: Words = {
  comment: (_, who) => `${who} asked:`,
  review: (_, who) => `${who} asked in a review:`,
  label: ({ label }, who) => `${who} set the label ${code(label, 60)}:`,
  check: (_, who) => `${who} asked by the check:`,
  schedule: ({ name }) => `The schedule ${code(name, 60)} asked:`,
  api: ({ client }, who) => `${who} asked by ${code(client, 60)}:`,
};

/** Who asked, with a link to where it stands. */
export function askedBy({ origin, actor }: TaskSpec, webUrl: string): string {
  const who = plain(actor.login, 60);
  const url = urlOf(origin, webUrl);
  const say = words[origin.kind] as (origin: Origin, who: string) => string;
  return say(origin, url === undefined ? who : `[${who}](${url})`);
}

/** Comes from a signed delivery; checked all the same, because it stands outside of any quoting. */
function urlOf(origin: Origin, webUrl: string): string | undefined {
  if (!("url" in origin)) return undefined;
  return origin.url.startsWith(`${webUrl}/`) && /^[\w:/.#-]+$/.test(origin.url) ? origin.url : undefined;
}
