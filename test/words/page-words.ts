/**
 * What a source of the dashboard has pages say: the words in its markup and in the attributes that are read out or shown, and whatever stands in a
 * text of its own and looks like something that is said. What is filled in stands as `…`.
 */
import { parseAst } from "rolldown/parseAst";

type Part = { type: string; [field: string]: unknown };
type Texts = { quasis: { value: { cooked: string } }[]; expressions: unknown[] };

export const pageWordsIn = (source: string, path: string): string[] => [
  ...new Set(saidIn(parseAst(source, { lang: path.endsWith(".ts") ? "ts" : "js" }).body)),
];

function saidIn(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(saidIn);
  if (!isPart(part) || NOT_SAID.has(part.type)) return [];
  if (isMarkup(part)) return [...wordsOf(whole(part.quasi)), ...saidIn(part.quasi.expressions)];
  return [textOf(part).trim()].filter(isSaid).concat(Object.values(part).flatMap(saidIn));
}

/** What it is itself, without what stands in it; empty where it is no text. */
function textOf(part: Part): string {
  if (part.type === "TemplateLiteral") return whole(part as unknown as Texts);
  return part.type === "Literal" && typeof part.value === "string" ? part.value : "";
}

const NOT_SAID: ReadonlySet<string> = new Set(["ImportDeclaration", "TSLiteralType"]);

const isPart = (value: unknown): value is Part => typeof value === "object" && value !== null && "type" in value;

const isMarkup = (part: Part): part is Part & { quasi: Texts } =>
  part.type === "TaggedTemplateExpression" && isPart(part.tag) && part.tag.name === "html";

const whole = ({ quasis }: Texts): string => quasis.map(({ value }) => value.cooked).join("…");

/** A sentence, or several words that begin like one: names of classes, paths and the like do not. */
const isSaid = (text: string): boolean => /^[\p{Lu}…]/u.test(text) && /\p{L} \p{L}|[.!?]$/u.test(text);

const SPOKEN = /\s(?:alt|aria-label|data-confirm|data-label|placeholder|title)="([^"]*)"/g;

/** Piece by piece, as tags part them. A template may also be no more than an attribute. */
function wordsOf(markup: string): string[] {
  const spoken = (tag: string) => [...tag.matchAll(SPOKEN)].map(([, text]) => text).join("\n");
  const pieces = markup.replace(/<[^>]*>/g, (tag) => `\n${spoken(tag)}\n`).split("\n");
  return pieces.map((piece) => piece.trim()).filter((piece) => /\p{L}{2}/u.test(piece) && !/^[a-z-]+="/.test(piece));
}
