/**
 * Comments as GitHub would roughly show them. mdast-util-from-markdown parses; this file prints the tree, node by node,
 * so whatever it does not know comes out as escaped text. Of raw HTML it lets through a few tags without attributes
 * that cannot break the page around them, and hides HTML comments. Images become links: the page loads nothing.
 */
import { fromMarkdown } from "mdast-util-from-markdown";
import { renderDiffLines } from "./diff.ts";
import { Html, html, type Part, safeUrl, trusted } from "./html.ts";
import { findTable, type Table } from "./markdown-table.ts";

type Root = ReturnType<typeof fromMarkdown>;
type Node = Root | Root["children"][number];
type Of<Type extends Node["type"]> = Extract<Node, { type: Type }>;

/** What one rendering knows: the source (for tables) and where `#12` leads. */
type Scope = { source: string; issues: string | undefined; definitions: Map<string, string> };

/**
 * @param repository "owner/name", to link `#12` to its issue or pull request
 */
export function renderMarkdown(source: string, repository?: string): Html {
  const tree = fromMarkdown(source);
  const definitions = new Map<string, string>();
  for (const node of tree.children) if (node.type === "definition") definitions.set(node.identifier, node.url);
  const issues = repository === undefined ? undefined : `/${repository}/issues/`;
  return html`<div class="markdown">${renderAll(tree.children, { source, issues, definitions })}</div>`;
}

const renderAll = (nodes: readonly Node[], scope: Scope): Html[] => nodes.map((node) => render(node, scope));

function render(node: Node, scope: Scope): Html {
  switch (node.type) {
    case "root":
      return html`${renderAll(node.children, scope)}`;
    case "text":
      return renderText(node.value, scope);
    case "paragraph":
      return renderParagraph(node, scope);
    case "heading":
      return element(`h${Math.min(node.depth + 1, 6)}`, renderAll(node.children, scope));
    case "emphasis":
      return html`<em>${renderAll(node.children, scope)}</em>`;
    case "strong":
      return html`<strong>${renderAll(node.children, scope)}</strong>`;
    case "delete":
      return html`<del>${renderAll(node.children, scope)}</del>`;
    case "inlineCode":
      return html`<code>${node.value}</code>`;
    case "code":
      return html`<pre><code>${node.lang === "diff" ? renderDiffLines(node.value.split("\n")) : node.value}</code></pre>`;
    case "blockquote":
      return html`<blockquote>${renderAll(node.children, scope)}</blockquote>`;
    case "list":
      return element(node.ordered ? "ol" : "ul", renderAll(node.children, scope));
    case "listItem":
      return renderItem(node, scope);
    case "thematicBreak":
      return html`<hr>`;
    case "break":
      return html`<br>`;
    case "html":
      return renderRawHtml(node.value);
    case "link":
      return link(node.url, renderAll(node.children, scope));
    case "linkReference":
      return link(scope.definitions.get(node.identifier) ?? "", renderAll(node.children, scope));
    case "image":
      return link(node.url, html`🖼 ${node.alt || node.url}`);
    case "imageReference":
      return link(scope.definitions.get(node.identifier) ?? "", html`🖼 ${node.alt ?? undefined}`);
    case "definition":
    case "yaml":
      return html``;
    case "table":
    case "tableRow":
    case "tableCell":
      return html`${renderAll(node.children, scope)}`;
    case "footnoteDefinition":
      return html`${renderAll(node.children, scope)}`;
    case "footnoteReference":
      return html`[${node.label ?? node.identifier}]`;
  }
}

const element = (name: string, content: Part): Html => html`<${trusted(name)}>${content}</${trusted(name)}>`;

function link(url: string, content: Part): Html {
  const safe = safeUrl(url);
  return safe === undefined ? html`${content}` : html`<a href="${safe}" rel="nofollow">${content}</a>`;
}

/** GitHub turns bare addresses and `#12` into links, and in comments a line's end into a line break. */
function renderText(text: string, { issues }: Scope): Html {
  const parts = text.split(/(https?:\/\/[^\s<>"'`]*[^\s<>"'`.,:;!?)\]]|(?<![\w&/])#\d+\b|\n)/);
  return html`${parts.map((part, at) => {
    if (at % 2 === 0) return part;
    if (part === "\n") return html`<br>`;
    if (part.startsWith("http")) return link(part, part);
    return issues === undefined ? part : link(issues + part.slice(1), part);
  })}`;
}

function renderParagraph(node: Of<"paragraph">, scope: Scope): Html {
  const { start, end } = node.position ?? {};
  const table = findTable(scope.source.slice(start?.offset ?? 0, end?.offset ?? 0).split("\n"));
  return table ? renderTable(table, scope) : html`<p>${renderAll(node.children, scope)}</p>`;
}

/** One line of Markdown as it stands in a table's cell. */
function renderInline(source: string, scope: Scope): Html {
  const inner = { ...scope, source };
  const blocks = fromMarkdown(source).children;
  return html`${blocks.map((block) => renderAll(block.type === "paragraph" ? block.children : [block], inner))}`;
}

function renderTable({ before, head, align, rows }: Table, scope: Scope): Html {
  const cell = (name: string) => (text: string, at: number) =>
    html`<${trusted(name)} class="${align[at] ?? "left"}">${renderInline(text, scope)}</${trusted(name)}>`;
  const body = rows.map((row) => html`<tr>${row.map(cell("td"))}</tr>`);
  const introduction = before && html`<p>${renderInline(before, scope)}</p>`;
  return html`${introduction}<table><thead><tr>${head.map(cell("th"))}</tr></thead><tbody>${body}</tbody></table>`;
}

/** A list item; one that begins with `[ ]` or `[x]` gets a box. */
function renderItem(node: Of<"listItem">, scope: Scope): Html {
  const [first, ...others] = node.children;
  if (first?.type !== "paragraph") return html`<li>${renderAll(node.children, scope)}</li>`;
  const content = html`${renderAll(first.children, scope)}`.text;
  const box = /^\[([ xX])\] /.exec(content);
  const rest = renderAll(others, scope);
  if (!box) return html`<li>${new Html(content)}${rest}</li>`;
  const checked = box[1] !== " " && trusted(" checked");
  return html`<li class="task"><input type="checkbox" disabled${checked}> ${new Html(content.slice(4))}${rest}</li>`;
}

/** Tags that a `</div>` around them closes by itself, whatever is left open in them. */
const allowedTag = /<!--[\s\S]*?(?:-->|$)|<\/?(?:details|summary|sub|sup|kbd|br|code|pre|b)\s*\/?>|<details open>/gi;

function renderRawHtml(source: string): Html {
  const tags = [...source.matchAll(allowedTag)].map(([tag]) => (tag.startsWith("<!--") ? undefined : trusted(tag)));
  const texts = source.split(allowedTag);
  return html`${texts.map((text, at) => [withEntities(text), tags[at]])}`;
}

/** In HTML an entity is the letter that it stands for. */
const withEntities = (text: string): Html => new Html(html`${text}`.text.replace(/&amp;([A-Za-z]+;)/g, "&$1"));
