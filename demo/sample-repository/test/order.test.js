import assert from "node:assert/strict";
import { test } from "node:test";
import { shipping, subtotal, total } from "../src/order.js";

const order = [
  { price: 4500, quantity: 2 },
  { price: 999, quantity: 1 },
];

test("a subtotal counts every line as often as it was ordered", () => {
  assert.equal(subtotal(order), 9999);
});

test("without a discount the total is the subtotal", () => {
  assert.equal(total(order), 9999);
});

test("a discount makes an order cheaper", () => {
  assert.equal(total(order, 10), 8999);
});

test("large orders are sent for free", () => {
  assert.equal(shipping(4999), 490);
  assert.equal(shipping(5000), 0);
});
