import { readFileSync } from "node:fs";
import { buildSchema, isEnumType, isObjectType } from "graphql";
import { expect, test } from "vitest";
import { pruneGraphql, type Selection } from "../../scripts/prune-graphql.ts";

const schema = `
  directive @preview(by: String) on FIELD_DEFINITION
  interface Node { "Opaque." id: ID! }
  interface Named { name: String! }
  type Query { user(login: String!, strict: Boolean = true): User @preview(by: "x") search(kind: Kind!): [Found!] }
  type User implements Node & Named { id: ID! name: String! kind: Kind secret: Secret }
  type Team implements Node { id: ID! }
  union Found = User | Team
  enum Kind { PERSON ROBOT }
  type Secret { value: String }
`;

const pruned = (selection: Selection) => buildSchema(pruneGraphql(schema, selection));

test("only what was chosen is left, with the enums and scalars that it needs", () => {
  const text = pruneGraphql(schema, { Query: ["user(login)"], User: ["id", "kind"], Node: ["id"], Named: ["name"] });
  const small = buildSchema(text);
  expect(text).not.toMatch(/preview|Opaque|strict|Secret|Found/);
  const user = small.getType("User");
  // It lacks the name that would make it a Named.
  expect(isObjectType(user) && user.getInterfaces().map(({ name }) => name)).toEqual(["Node"]);
  const kind = small.getType("Kind");
  expect(isEnumType(kind) && kind.getValues().map(({ name }) => name)).toEqual(["PERSON", "ROBOT"]);
});

test("members of a union and values of an enum are chosen as well", () => {
  const small = pruned({ Query: ["search(kind)"], Found: ["Team"], Team: ["id"], Kind: ["ROBOT"] });
  expect(small.getType("User")).toBeUndefined();
  const kind = small.getType("Kind");
  expect(isEnumType(kind) && kind.getValues().map(({ name }) => name)).toEqual(["ROBOT"]);
});

test.each<[string, Selection, string]>([
  ["a type", { Query: ["user(login)"], User: ["id"], Usr: ["id"] }, "the schema has no type Usr"],
  ["a field", { Query: ["user(login)"], User: ["idd"] }, "User has no idd"],
  ["an argument", { Query: ["user(login, age)"], User: ["id"] }, "Query.user has no age"],
  ["a needed argument", { Query: ["user"], User: ["id"] }, "Query.user needs its argument login"],
  ["the type of a field", { Query: ["user(login)"] }, "the selection needs User"],
  ["a legible entry", { Query: ["user(login"] }, "cannot be read: user(login"],
])("%s that is missing is named", (_, selection, message) => {
  expect(() => pruneGraphql(schema, selection)).toThrow(message);
});

test("the committed schema has exactly what its selection names", () => {
  const folder = new URL("../../simulator/schema/graphql/", import.meta.url);
  const text = readFileSync(new URL("github.generated.graphql", folder), "utf8");
  const selection = JSON.parse(readFileSync(new URL("selection.json", folder), "utf8")) as Selection;
  expect(text).toBe(`${text.split("\n")[0]}\n\n${pruneGraphql(text, selection)}`);
});
