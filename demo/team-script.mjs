/**
 * What the scripted team of `npm run demo:team` does: one plan in a hybrid shape, two nodes side by side and two behind both. Two of them change
 * the same file, so that the second one meets a conflict; one asks a person; one fails at first. For agents/scripted/team.mjs.
 */
export const plan = {
  goal: "Orders can have discounts and shipping, and an invoice adds it all up",
  nodes: [
    {
      id: "discounts",
      title: "Add discounts in percent",
      instruction:
        "Add src/discounts.js with discount(sum, percent): what is taken off, in whole cents. Export it from src/index.js, and test it.",
      role: "backend",
      scope: ["src/discounts.js", "test/discounts.test.js", "src/index.js"],
      reads: ["src/order.js", "src/index.js", "test/order.test.js"],
      shared: true,
      deliverable: "discount(sum, percent) is exported and tested",
      check: "node --test test/discounts.test.js",
      budget: { ms: 600_000 },
    },
    {
      id: "shipping",
      title: "Add shipping costs",
      instruction:
        "Add src/shipping.js with shipping(sum): what sending an order of that sum costs. Nobody has said from which sum on it is free: ask. Export it from src/index.js, and test it.",
      role: "backend",
      scope: ["src/shipping.js", "test/shipping.test.js", "src/index.js"],
      reads: ["src/order.js", "src/index.js", "test/order.test.js"],
      shared: true,
      deliverable: "shipping(sum) is exported and tested",
      check: "node --test test/shipping.test.js",
      budget: { ms: 600_000 },
    },
    {
      id: "invoice",
      title: "Add the invoice",
      instruction:
        "Add src/invoice.js with invoice(lines, percent): subtotal, discount, shipping of what is left, and the total. Export it from src/invoice.js alone, and test it.",
      role: "developer",
      after: ["discounts", "shipping"],
      scope: ["src/invoice.js", "test/invoice.test.js"],
      reads: ["src/order.js", "src/discounts.js", "src/shipping.js", "test/order.test.js"],
      deliverable: "invoice(lines, percent) is there and tested",
      check: "node --test test/invoice.test.js",
      budget: { ms: 600_000 },
    },
    {
      id: "review",
      title: "Read what is built on",
      instruction: "Read src/discounts.js and src/shipping.js with fresh eyes, and say what you find. Change nothing.",
      role: "reviewer",
      after: ["discounts", "shipping"],
      scope: [],
      reads: ["src/discounts.js", "src/shipping.js"],
      deliverable: "What was found, in words",
      check: "node --test",
      budget: { ms: 600_000 },
    },
  ],
};

const testOf = (name, from, body) =>
  `import assert from "node:assert/strict";\nimport { test } from "node:test";\nimport { ${name} } from "${from}";\n\n${body}`;

export const parts = {
  discounts: {
    files: {
      "src/discounts.js":
        "/** What a discount of so many percent takes off, in whole cents. */\nexport function discount(sum, percent) {\n  return Math.round((sum * percent) / 100);\n}\n",
      "test/discounts.test.js": testOf(
        "discount",
        "../src/index.js",
        'test("ten percent of 15.00 are 1.50", () => {\n  assert.equal(discount(1500, 10), 150);\n});\n',
      ),
    },
    lines: { "src/index.js": 'export * from "./discounts.js";' },
    finish: {
      title: "Add discounts in percent",
      summary: "A discount is rounded to a whole cent, once.",
      decisions: ["It is rounded, not cut off"],
      interfaces: ["discount(sum, percent) from src/index.js"],
    },
  },
  shipping: {
    asks: {
      question: "From which sum on is shipping free?",
      options: ["From 50.00 on", "From 100.00 on"],
    },
    files: {
      "src/shipping.js": ({ answer }) =>
        `const FREE_FROM = ${/100/.test(answer) ? 10_000 : 5_000};\n\n/** What sending an order of that sum costs, in whole cents. */\nexport function shipping(sum) {\n  return sum >= FREE_FROM ? 0 : 490;\n}\n`,
      "test/shipping.test.js": ({ answer }) =>
        testOf(
          "shipping",
          "../src/index.js",
          `test("a small order costs 4.90, a large one nothing", () => {\n  assert.equal(shipping(${/100/.test(answer) ? 9_999 : 4_999}), 490);\n  assert.equal(shipping(${/100/.test(answer) ? 10_000 : 5_000}), 0);\n});\n`,
        ),
    },
    lines: { "src/index.js": 'export * from "./shipping.js";' },
    finish: {
      title: "Add shipping costs",
      summary: "Large orders are sent for free, as was answered.",
      interfaces: ["shipping(sum) from src/index.js"],
    },
  },
  invoice: {
    files: {
      // At first it forgets the shipping, and its own test says so.
      "src/invoice.js": ({ again }) =>
        `import { discount, shipping, subtotal } from "./index.js";\n\n/** All that an order comes to, in whole cents. */\nexport function invoice(lines, percent = 0) {\n  const sum = subtotal(lines);\n  const off = discount(sum, percent);\n  const sent = shipping(sum - off);\n  return { sum, off, sent, total: sum - off${again ? " + sent" : ""} };\n}\n`,
      "test/invoice.test.js": testOf(
        "invoice",
        "../src/invoice.js",
        'test("an invoice adds it all up", () => {\n  const { total } = invoice([{ price: 1000, quantity: 1 }], 10);\n  assert.equal(total, 1390);\n});\n',
      ),
    },
    finish: { title: "Add the invoice", summary: "Shipping counts on what is left after the discount." },
  },
  review: {
    finish: {
      title: "Nothing stands in the way",
      summary:
        "Both modules work in whole cents. A discount above 100 percent would make a sum negative: nobody asks for it yet.",
      decisions: ["No finding that has to be mended before the invoice"],
    },
  },
};
