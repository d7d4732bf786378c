/**
 * git's answer to a push, with GitHub's reason beside each refused ref. A hook can only print lines and say no; git then
 * writes "hook declined". So the hooks print the reason in a marked line, and here it goes where GitHub has it.
 */

/** What update-hook.sh prints before `REF REASON`; the line itself reaches nobody. */
const reasonMark = "simulator-reason ";

type Packet = { band: number; data: Buffer };

/** git's packets: four hex digits of length, then the content; "0000" ends a list. */
function* packets(bytes: Buffer): Generator<Buffer | "flush"> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const size = Number.parseInt(bytes.subarray(at, at + 4).toString(), 16);
    if (size === 0) yield "flush";
    else yield bytes.subarray(at + 4, at + size);
    at += size === 0 ? 4 : size;
  }
}

const packet = (data: Buffer): Buffer =>
  Buffer.concat([Buffer.from((data.length + 4).toString(16).padStart(4, "0")), data]);
const flush = Buffer.from("0000");
/** A packet's longest content, less its band. */
const mostData = 65_515;

function inBand(band: number, data: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0; at < data.length; at += mostData)
    pieces.push(packet(Buffer.concat([Buffer.from([band]), data.subarray(at, at + mostData)])));
  return pieces;
}

/** Takes the marked lines out of what is printed to the client. */
function takeReasons(printed: string): { rest: string; reasons: Map<string, string> } {
  const reasons = new Map<string, string>();
  const lines = printed.split("\n").filter((line) => {
    const [, ref = "", reason = ""] = line.startsWith(reasonMark) ? (/^\S+ (\S+) (.*)$/.exec(line) ?? []) : [];
    if (ref === "") return true;
    reasons.set(ref, reason);
    return false;
  });
  // git's own word about the hook is none of GitHub's.
  const rest = lines.filter((line) => !reasons.has(/^error: hook declined to update (\S+)$/.exec(line)?.[1] ?? ""));
  return { rest: rest.join("\n"), reasons };
}

function withReasons(report: Buffer, reasons: ReadonlyMap<string, string>): Buffer {
  const lines = [...packets(report)].map((line) => {
    if (line === "flush") return flush;
    const [, ref = ""] = /^ng (\S+) /.exec(line.toString()) ?? [];
    const reason = reasons.get(ref);
    return packet(reason === undefined ? line : Buffer.from(`ng ${ref} ${reason}\n`));
  });
  return Buffer.concat(lines);
}

/** @param answer what `git receive-pack` sent, whole */
export function reworded(answer: Buffer): Buffer {
  const sent: Packet[] = [...packets(answer)].flatMap((each) =>
    each === "flush" ? [] : [{ band: each[0] ?? 0, data: each.subarray(1) }],
  );
  // The client asked for no bands (it prints nothing), or git spoke of something else.
  if (sent.some(({ band }) => band < 1 || band > 3)) return answer;
  // Joined before they are read: git cuts what a hook prints wherever it likes.
  const inOne = (band: number) => Buffer.concat(sent.filter((each) => each.band === band).map(({ data }) => data));
  const { rest, reasons } = takeReasons(inOne(2).toString());
  if (reasons.size === 0) return answer;
  return Buffer.concat([...inBand(2, Buffer.from(rest)), ...inBand(1, withReasons(inOne(1), reasons)), flush]);
}
