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
  // In whatever language: a time of day, somebody's address, and a colon at the end.
  /^(?=.{0,200}\d{1,2}[:.]\d\d)(?=.{0,200}<\s?[^<>@\s]{1,100}@[^<>@\s]{1,100}>).{1,300}[:：]$/,
];
const HEADER = /^\*{0,2}(?:From|Von|De|Da|Van|Från|Fra|Od|От|发件人|寄件者|差出人)\s?[:：]\*{0,2}\s*\S/i;
const SECOND_HEADER =
  /^\*{0,2}(?:Sent|Date|Gesendet|Envoyé|Enviado|Inviato|Verzonden|Skickat|Sendt|Wysłano|Отправлено|Дата|发送时间|寄件日期|送信日時|To|An)\s?[:：]\*{0,2}\s*\S/i;
/** Does the text hold any of it? */
const ANY =
  /(?:wrote|écrit|schrieb|escribió|essage|achricht|ensaje|ppointment)|@[^<>@\s]{1,100}>|^\*{0,2}(?:From|Von|De|Da|Van|Från|Fra|Od|От|发件人|寄件者|差出人)\s?[:：]/im;

/** Index of the line from which on all is an earlier mail. With `>` before its lines it is an ordinary quote, which ends. */
export function mailFrom(body: string, lines: readonly { text: string }[]): number {
  if (!ANY.test(body)) return Number.POSITIVE_INFINITY;
  const found = lines.findIndex((_line, index) => beginsMail(lines, index));
  return found === -1 ? Number.POSITIVE_INFINITY : found;
}

function beginsMail(lines: readonly { text: string }[], index: number): boolean {
  const [line = "", second = ""] = lines.slice(index, index + 2).map(({ text }) => text.trim());
  if (HEADER.test(line)) return SECOND_HEADER.test(second);
  // Programs for mail break lines that are longer than some 78 characters.
  const isBroken = !isIntro(line) && line !== "" && !/[:：]$/.test(line) && isIntro(joined(line, second));
  if (!isBroken && !isIntro(line)) return false;
  const below = lines.slice(index + (isBroken ? 2 : 1)).slice(0, 3);
  const next = below.find((each) => each.text.trim() !== "");
  return next !== undefined && !next.text.trimStart().startsWith(">");
}

const isIntro = (line: string): boolean => line.length <= 600 && FROM_HERE.some((intro) => intro.test(line));

const joined = (line: string, second: string): string => `${line}${line.endsWith("<") ? "" : " "}${second}`;
