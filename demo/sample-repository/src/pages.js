/** The catalogue in pages. Pages are counted from 1. */

/** How many pages so many items fill. */
export function pageCount(items, perPage) {
  return Math.floor(items.length / perPage);
}

/** The items on one page; none beyond the last. */
export function page(items, number, perPage) {
  const start = (number - 1) * perPage;
  return items.slice(start, start + perPage);
}
