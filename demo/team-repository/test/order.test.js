import assert from "node:assert/strict";
import { test } from "node:test";
import { subtotal } from "../src/index.js";

test("an order costs the sum of its lines", () => {
  assert.equal(
    subtotal([
      { price: 250, quantity: 2 },
      { price: 1000, quantity: 1 },
    ]),
    1500,
  );
});

test("an empty order costs nothing", () => {
  assert.equal(subtotal([]), 0);
});
