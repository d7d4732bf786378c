import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { SETTINGS } from "../src/settings/environment.ts";

const text = readFileSync(new URL("../.env.example", import.meta.url), "utf8");
const names = [...text.matchAll(/^([A-Z_]+)=/gm)].map((match) => match[1]);

test(".env.example names exactly the settings that the code reads, each once", () => {
  expect(names.toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
});

test("every setting but PORT is explained above its line", () => {
  const unexplained = [...text.matchAll(/(?:^|\n)(?!#)[^\n]*\n([A-Z_]+)=/g)].map((match) => match[1]);
  expect(unexplained).toEqual(["PORT"]);
});
