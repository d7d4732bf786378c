import assert from "node:assert/strict";
import { test } from "node:test";
import { page, pageCount } from "../src/pages.js";

const items = ["bell", "brake", "chain", "fork", "light", "saddle", "wheel"];

test("a last page may be half empty, but it is a page", () => {
  assert.equal(pageCount(items, 3), 3);
});

test("full pages leave nothing over", () => {
  assert.equal(pageCount(items.slice(0, 6), 3), 2);
});

test("pages are counted from 1", () => {
  assert.deepEqual(page(items, 1, 3), ["bell", "brake", "chain"]);
  assert.deepEqual(page(items, 3, 3), ["wheel"]);
});
