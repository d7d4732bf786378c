/** Small pictures of numbers, each beside the number itself: whoever does not see them misses nothing. Pure. */
import { type Html, html } from "../html.ts";

const WIDTH = 132;
const HEIGHT = 12;

const wide = (share: number): number => Math.round(Math.min(1, Math.max(0, share)) * WIDTH * 10) / 10;

const bar = (inner: Html): Html =>
  html`<svg class="bar" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true"><rect class="bar-ground" x="0" y="4" width="${WIDTH}" height="4" rx="2"/>${inner}</svg>`;

/** A share, and where the true one lies. Each between 0 and 1. */
export function intervalBar({ rate, from, to }: { rate: number; from: number; to: number }): Html {
  const [left, right] = [wide(from), wide(to)];
  return bar(
    html`<rect class="bar-range" x="${left}" y="2" width="${Math.max(2, right - left)}" height="8" rx="4"/><circle class="bar-dot" cx="${Math.min(WIDTH - 4, Math.max(4, wide(rate)))}" cy="6" r="3.5"/>`,
  );
}

/** How much of the most. */
export const amountBar = (amount: number, most: number): Html =>
  bar(html`<rect class="bar-value" x="0" y="2" width="${most > 0 ? wide(amount / most) : 0}" height="8" rx="2"/>`);

/** Half of them took up to the darker end, 95 % up to the lighter one. */
export function spanBar({ p50, p95 }: { p50: number; p95: number }, most: number): Html {
  if (most <= 0) return bar(html``);
  return bar(
    html`<rect class="bar-range" x="0" y="2" width="${wide(p95 / most)}" height="8" rx="2"/><rect class="bar-value" x="0" y="2" width="${wide(p50 / most)}" height="8" rx="2"/>`,
  );
}

/** What of a budget is used, and what of it runs that are going have set aside. */
export function envelopeBar({ spent, reserved, limit }: { spent: number; reserved: number; limit: number }): Html {
  if (limit <= 0) return bar(html``);
  const used = wide(spent / limit);
  const aside = Math.min(WIDTH - used, wide(reserved / limit));
  const look = spent / limit > 0.8 ? "bar-value low" : "bar-value";
  return bar(
    html`<rect class="bar-range" x="${used}" y="2" width="${aside}" height="8" rx="2"/><rect class="${look}" x="0" y="2" width="${used}" height="8" rx="2"/>`,
  );
}
