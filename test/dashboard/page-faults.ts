/** What no page may have, whatever stands in records: found by a parser of HTML, not by looking for words. */
import { Parser } from "htmlparser2";

/** Without an end. */
const VOID = new Set(["br", "input", "meta", "link", "hr", "img"]);
/** Of a picture: they end where they begin. */
const SHAPES = new Set(["path", "rect", "use", "circle", "line"]);
const NEVER = new Set(["script", "style", "iframe", "img", "object", "embed", "base", "meta", "link", "foreignobject"]);

/** Of the body of a page; one sentence each. */
export function pageFaults(html: string): string[] {
  const faults: string[] = [];
  const open: string[] = [];
  const ids = new Set<string>();
  const wanted: string[] = [];
  let form: { method: string; hasToken: boolean } | undefined;
  const parser = new Parser(
    {
      onopentag: (name, attributes) => {
        if (NEVER.has(name)) faults.push(`<${name}>`);
        if (!VOID.has(name)) open.push(name);
        for (const [key, value] of Object.entries(attributes)) {
          if (key.startsWith("on") || key === "style" || key === "srcdoc") faults.push(`${name} ${key}=${value}`);
          if ((key === "href" || key === "action") && !/^(?:https?:\/\/|\/(?!\/)|#)/.test(value))
            faults.push(`${name} leads to ${value}`);
        }
        const { id, for: of, method = "get", name: field } = attributes;
        if (id !== undefined && ids.has(id)) faults.push(`two of id ${id}`);
        if (id !== undefined) ids.add(id);
        if (of !== undefined) wanted.push(of);
        if (name === "form") form = { method, hasToken: false };
        if (form && field === "token") form.hasToken = true;
      },
      onclosetag: (name, isImplied) => {
        if (VOID.has(name)) return;
        if (open.pop() !== name || (isImplied && !SHAPES.has(name))) faults.push(`</${name}> is not where it belongs`);
        if (name === "form" && form?.method === "post" && !form.hasToken) faults.push("a form without a token");
      },
    },
    { recognizeSelfClosing: true },
  );
  parser.end(html);
  if (open.length > 0) faults.push(`never closed: ${open.join(" ")}`);
  for (const id of wanted) if (!ids.has(id)) faults.push(`a label for nothing: ${id}`);
  return faults;
}

/** What a hostile person or agent would write into any field. */
export const HOSTILE_TEXT =
  "\"><img src=x onerror=alert(1)>' onfocus=alert(1) autofocus x=\u202e</title></svg></pre><script>alert(1)</script>&lt;b&gt; `tick` \uE000\uE001 @octocat";

/** What a terminal would obey, and what would turn a line around. */
export const HIDDEN =
  "\u001b]52;c;b3duZWQ=\u0007\u001b[999999999S\u001b]8;;javascript:alert(1)\u001b\\\u202egnp.exe\u009b2J";

/** The same for every string in some data, but for those that code decides about. */
export function hostile<Data>(data: Data, isCode: (key: string, value: string) => boolean, text = HOSTILE_TEXT): Data {
  const change = (value: unknown, key: string): unknown => {
    if (typeof value === "string") return isCode(key, value) ? value : `${value}${text}`;
    if (Array.isArray(value)) return value.map((each) => change(each, key));
    if (value instanceof Map) return value;
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, change(each, name)]));
  };
  return change(data, "") as Data;
}
