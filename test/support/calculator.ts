/** A project with a test that fails, which agents are to mend. */
export const CALCULATOR = {
  "package.json": JSON.stringify({ name: "calculator", type: "module", private: true }),
  "README.md": "# Calculator\n",
  "add.js": "export const add = (a, b) => a - b;\n",
  "add.test.js": [
    'import { test } from "node:test";',
    'import assert from "node:assert/strict";',
    'import { add } from "./add.js";',
    'test("adds", () => assert.equal(add(2, 3), 5));',
    "",
  ].join("\n"),
};
