/** What is known of something, as names and values; what is not known is left out. */
import { type Html, type HtmlValue, html } from "../html.ts";

export type Fact = readonly [name: string, value: HtmlValue];

export const facts = (all: readonly Fact[]): Html =>
  html`<dl class="facts">${all
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`;
