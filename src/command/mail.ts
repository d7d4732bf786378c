/**
 * An answer by mail carries the mail that it answers below it. GitHub cuts that off where it knows the program; what is left
 * begins with one of these lines, and everything below it is somebody else's.
 */

const FROM_HERE = [
  /^[-_ ]{2,40}(?:Original Message|Original Appointment|Forwarded message|Ursprüngliche Nachricht|Message d'origine|Mensaje original)[-_ ]{2,40}$/i,
  /^On .{0,200}\d.{0,200} wrote:$/,
  /^Le .{0,200}\d.{0,200} a écrit\s?:$/,
  /^Am .{0,200}\d.{0,200} schrieb.{0,200}:$/,
  /^El .{0,200}\d.{0,200} escribió:$/,
];
const HEADER = /^\*{0,2}(?:From|Von|De)\s?:\*{0,2}\s+\S/i;
const SECOND_HEADER = /^\*{0,2}(?:Sent|Date|Gesendet|Envoyé|Enviado|To|An)\s?:\*{0,2}\s+\S/i;
/** Does the text hold any of it? */
const ANY = /(?:wrote|écrit|schrieb|escribió|essage|achricht|ensaje|ppointment)|^\*{0,2}(?:From|Von|De)\s?:/im;

/** Index of the line from which on all is an earlier mail. With `>` before its lines it is an ordinary quote, which ends. */
export function mailFrom(body: string, lines: readonly { text: string }[]): number {
  if (!ANY.test(body)) return Number.POSITIVE_INFINITY;
  const found = lines.findIndex(({ text }, index) => {
    const line = text.trim();
    if (HEADER.test(line)) return SECOND_HEADER.test(lines[index + 1]?.text.trim() ?? "");
    if (!FROM_HERE.some((intro) => intro.test(line))) return false;
    const next = lines.slice(index + 1, index + 4).find((each) => each.text.trim() !== "");
    return next !== undefined && !next.text.trimStart().startsWith(">");
  });
  return found === -1 ? Number.POSITIVE_INFINITY : found;
}
