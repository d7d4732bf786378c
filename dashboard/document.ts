/** What every page is, whoever looks and wherever they stand: its head, and the style and scripts that it loads. Nothing in it is inline style or script. */
import { asset } from "./door/assets.ts";
import { ICON } from "./door/brand.ts";
import { type Html, type HtmlValue, html } from "./html.ts";

export type DocumentParts = {
  title: string;
  body: Html;
  /** Names of modules in `assets/`. */
  scripts?: readonly string[];
  /** Names of style sheets in `assets/` besides the one that all pages have. */
  styles?: readonly string[];
  /** More in its head. */
  head?: Html | undefined;
  /** Attributes of its body, with a blank before each. */
  attributes?: HtmlValue;
};

export const documentOf = ({ title, body, scripts = [], styles = [], head, attributes }: DocumentParts): Html =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Orch</title>
<link rel="icon" href="${ICON}">
${["dashboard.css", ...styles].map((name) => html`<link rel="stylesheet" href="${asset(name)}">`)}
${scripts.map((name) => html`<script type="module" src="${asset(name)}"></script>`)}${head}
</head>
<body${attributes}>
${body}
</body>
</html>
`;
