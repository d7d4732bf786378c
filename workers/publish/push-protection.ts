/**
 * What GitHub's push protection says about a push with a secret in it: some thirty lines of which a person needs three things. They are
 * what it looks like, where it stands, and the address at which GitHub can be told that it is none.
 */

/** How many places are named. */
const MAX_PLACES = 3;
const MAX_PLACE = 80;

const BLOCKED = /GITHUB PUSH PROTECTION/;
/** `—— Amazon AWS Access Key ID ————`: the heading above the places of one secret. */
const HEADING = /^—+ ([^—]{1,80}?) —+$/;
const PATH = /^path: (.{1,400})$/;
const ADDRESS = /^https?:\/\/\S{1,300}\/unblock-secret\/[\w-]{1,80}$/;

/** A sentence for a person; undefined where something else stood in the way. `said`: the server's lines, without what git puts before. */
export function blockedSecret(said: readonly string[]): string | undefined {
  if (!said.some((line) => BLOCKED.test(line))) return undefined;
  const places: string[] = [];
  let [looksLike, addresses] = ["a secret", [] as string[]];
  for (const line of said) {
    looksLike = HEADING.exec(line)?.[1] ?? looksLike;
    const path = PATH.exec(line)?.[1];
    if (path !== undefined) places.push(`${looksLike} in ${path.slice(-MAX_PLACE)}`);
    if (ADDRESS.test(line)) addresses = [...addresses, line];
  }
  const more = places.length > MAX_PLACES ? `, and ${places.length - MAX_PLACES} more` : "";
  const what = places.length > 0 ? `: ${places.slice(0, MAX_PLACES).join(", ")}${more}` : "";
  const [first] = addresses;
  const remedy = first === undefined ? "" : ` If it is none, let it pass at ${first} and ask again.`;
  return `GitHub's push protection takes something in these commits for a secret${what}.${remedy}`;
}
