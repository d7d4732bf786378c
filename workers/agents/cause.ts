/**
 * What a program's own words say about why it failed: the class of the failure, and where a service takes no requests for
 * a while, until when. Programs and services word it in many ways; what none of the rules knows has no class.
 */
import { cutStart } from "../../src/text/bound.ts";
import { visibleText } from "../../src/text/clean.ts";
import type { ErrorReason } from "./event.ts";
import { reasonOfStatus } from "./status.ts";

/** The first rule that fits counts: a spent account is often told with the status of too many requests. */
const rules: readonly [RegExp, ErrorReason][] = [
  [
    /credit balance|insufficient[_ ](?:quota|credits?|funds|balance)|payment required|billing (?:hard )?limit/i,
    "credit",
  ],
  [
    /(?:usage|session|weekly|daily|monthly|\d-hour|opus) limit|(?:hit|reached) your limit|quota (?:exceeded|will reset)|exceeded your (?:current )?quota|exhausted your (?:capacity|quota)/i,
    "usage_limit",
  ],
  [
    /not logged in|please run \/login|invalid (?:x-)?api[- ]key|api[_ ]key (?:not valid|not found|is (?:missing|invalid))|missing api key|incorrect api key|authentication[_ ](?:error|failed)|failed to authenticate|oauth token|unauthori[sz]ed/i,
    "auth",
  ],
  [
    /model(?!\s*metadata)[^.\n]{0,100}(?:not[ _]found|does not exist|doesn't exist|not supported|not available|not have access)|(?:unknown|invalid|no such|unsupported) model\b|selected model|model_not_found|models\/\S+ is not found/i,
    "model",
  ],
  [/rate[-_ ]?limit|too many requests/i, "rate_limit"],
  [
    /ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|fetch failed|connection (?:error|refused|timed out)|unable to connect|could not (?:connect|resolve)|failed to connect|error sending request|network (?:error|is unreachable)/i,
    "unreachable",
  ],
  [/internal server error|bad gateway|service unavailable|gateway timeout|server_error/i, "server"],
  [
    /unknown (?:option|argument)|unexpected argument|unrecognized (?:option|argument)|not found in PATH|: not found$|permission denied.*exec/im,
    "config",
  ],
];

/** `HTTP 429`, `status: 503`, `"code":401`, `statusCode=500`: a bare number would be anything. */
const STATUS = /\b(?:HTTP|status(?:[_ ]?code)?|code|error)"?[\s:=(]{1,3}(?:HTTP )?([45]\d\d)\b/gi;

const READ_AT_MOST = 4_000;

/** Undefined where the text names no cause that we know. Of several statuses the last one counts. */
export function reasonOfText(text: string): ErrorReason | undefined {
  const read = cutStart(text, READ_AT_MOST);
  const rule = rules.find(([words]) => words.test(read));
  if (rule) return rule[1];
  const status = [...read.matchAll(STATUS)].at(-1)?.[1];
  return status === undefined ? undefined : reasonOfStatus(Number(status));
}

/** A word that is in most lines by which programs say what went wrong. */
const TELLS =
  /error|fail|fatal|panic|denied|refus|invalid|unable|cannot|can't|not found|no such|missing|exceeded|limit/i;
/** Lines that say where in the program something happened, and frames around text. */
const STACK = /^(?:at\s|File "|node:|Node\.js v|\^+$|Traceback |\.\.\. )|^\s*[\W_]*$/;

/** Lines from the end that are looked at: what stands further up is the prompt, or what went well. */
const LAST_LINES = 40;
const LINE_LENGTH = 600;

/**
 * The line of an error output that says why the program ended: the last one that names a cause, else the last one that sounds
 * like a failure, else the last one at all. Empty where there is none.
 */
export function lastMeaningfulLine(output: string): string {
  const lines = visibleText(output)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !STACK.test(line))
    .slice(-LAST_LINES);
  const last = lines.slice(-5).findLast((line) => reasonOfText(line)) ?? lines.findLast((line) => TELLS.test(line));
  return cutStart(last ?? lines.at(-1) ?? "", LINE_LENGTH);
}
