/**
 * Finds misspelled request fields. GitHub's schemas seldom forbid unknown keys, so a JSON Schema validator lets
 * `{"boddy": "..."}` pass; here a key is unknown when no variant of the schema names it and none says "any key".
 */
import type { Schema } from "./published-schema.ts";

type Schemas = { [name: string]: Schema };

/** The schema with everything it may stand for: references followed, and the members of allOf, anyOf and oneOf. */
function variants(schema: Schema, schemas: Schemas): Schema[] {
  if (typeof schema.$ref === "string") {
    const target = schemas[schema.$ref.slice(schema.$ref.lastIndexOf("/") + 1)];
    return target ? variants(target, schemas) : [];
  }
  const members = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((each) => (each as Schema[] | undefined) ?? []);
  return [schema, ...members.flatMap((member) => variants(member, schemas))];
}

/**
 * Whether the author chooses the keys. `additionalProperties: true` beside named properties says nothing (it is JSON
 * Schema's default, and GitHub writes it into the members of an anyOf).
 */
function isOpen({ type, properties, additionalProperties, allOf, anyOf, oneOf }: Schema): boolean {
  if (typeof additionalProperties === "object") return true;
  return type === "object" && additionalProperties !== false && !properties && !allOf && !anyOf && !oneOf;
}

/** JSON pointers of the keys in `value` that `schema` does not know. */
export function unknownKeys(schema: Schema, value: unknown, schemas: Schemas, at = ""): string[] {
  if (typeof value !== "object" || value === null) return [];
  const all = variants(schema, schemas);
  if (Array.isArray(value)) {
    const items = { anyOf: all.flatMap((each) => (each.items ? [each.items] : [])) };
    return value.flatMap((item, index) => unknownKeys(items, item, schemas, `${at}/${index}`));
  }
  const shapes = all.flatMap((each) => (each.properties ? [each.properties as Schemas] : []));
  if (shapes.length === 0 || all.some(isOpen)) return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const known = shapes.flatMap((shape) => (Object.hasOwn(shape, key) ? [shape[key] as Schema] : []));
    return known.length === 0 ? [`${at}/${key}`] : unknownKeys({ anyOf: known }, part, schemas, `${at}/${key}`);
  });
}
