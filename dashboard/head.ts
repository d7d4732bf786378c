/** What every page begins with, whether somebody is in or not: its title, and which style sheets and modules of `assets/` it has. */
import { asset } from "./door/assets.ts";
import { ICON } from "./door/brand.ts";
import { type Html, html } from "./html.ts";

export type HeadParts = {
  title: string;
  /** Names of style sheets besides the one that all pages have. */
  styles?: readonly string[];
  /** Names of modules. */
  scripts?: readonly string[];
  /** Where the browser goes on to by itself. */
  goesOnTo?: string | undefined;
};

/** From the document's type to the end of its head. */
export const head = ({ title, styles = [], scripts = [], goesOnTo }: HeadParts): Html => html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Orch</title>
<link rel="icon" href="${ICON}">
${["dashboard.css", ...styles].map((name) => html`<link rel="stylesheet" href="${asset(name)}">`)}
${scripts.map((name) => html`<script type="module" src="${asset(name)}"></script>`)}${goesOnTo !== undefined && html`<meta http-equiv="refresh" content="0; url=${goesOnTo}">`}
</head>`;
