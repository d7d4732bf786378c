/** GitHub's published GraphQL schema, as far as the simulator serves it; `npm run update:graphql-schema` writes it. */
import { readFileSync } from "node:fs";
import { buildSchema, GraphQLScalarType, type GraphQLSchema, isObjectType } from "graphql";

/** GitHub calls its ids `Int` and gives numbers that need more than 32 bits all the same. */
const wideInt = new GraphQLScalarType<number>({ name: "Int" });

function read(): GraphQLSchema {
  const text = readFileSync(new URL("../schema/graphql/github.generated.graphql", import.meta.url), "utf8");
  const schema = buildSchema(text, { assumeValid: true, assumeValidSDL: true });
  for (const type of Object.values(schema.getTypeMap())) {
    const id = isObjectType(type) ? type.getFields().databaseId : undefined;
    if (id) id.type = wideInt;
  }
  return schema;
}

export const schema = read();
