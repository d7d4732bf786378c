/**
 * Cuts a part out of a GraphQL schema: the chosen types with the chosen fields, arguments, values and members, and what
 * these need of scalars, enums and inputs. Descriptions and directives judge nothing and are dropped.
 */
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type FieldDefinitionNode,
  type InputValueDefinitionNode,
  Kind,
  type NamedTypeNode,
  parse,
  print,
  type TypeDefinitionNode,
  type TypeNode,
} from "graphql";

/** By type: fields as `name` or `name(argument, argument)`, values of an enum, members of a union. */
export type Selection = { [type: string]: string[] };

type Wanted = Map<string, readonly string[]>;

/** @throws for an entry that is neither a name nor a name with arguments */
function wantedOf(entries: readonly string[]): Wanted {
  return new Map(
    entries.map((entry) => {
      const [, name, list] = /^(\w+)(?:\((\w+(?:, \w+)*)\))?$/.exec(entry) ?? [];
      if (!name) throw new Error(`the selection cannot be read: ${entry}`);
      return [name, list?.split(", ") ?? []];
    }),
  );
}

const bare = { description: undefined, directives: [] as ConstDirectiveNode[] };

/** The ones that were chosen, by name. @throws naming what does not exist */
function choose<N extends { name: { value: string } }>(place: string, all: readonly N[], names: Iterable<string>): N[] {
  const wanted = new Set(names);
  const chosen = all.filter((each) => wanted.delete(each.name.value));
  if (wanted.size > 0) throw new Error(`${place} has no ${[...wanted].join(", ")}`);
  return chosen;
}

const clean = (value: InputValueDefinitionNode): InputValueDefinitionNode => ({ ...value, ...bare });

function field(type: string, each: FieldDefinitionNode, names: readonly string[]): FieldDefinitionNode {
  const place = `${type}.${each.name.value}`;
  const all = each.arguments ?? [];
  const chosen = choose(place, all, names);
  const needed = all.find((one) => one.type.kind === Kind.NON_NULL_TYPE && !one.defaultValue && !chosen.includes(one));
  if (needed) throw new Error(`${place} needs its argument ${needed.name.value}`);
  return { ...each, ...bare, arguments: chosen.map(clean) };
}

function prunedType(type: TypeDefinitionNode, entries: readonly string[] | undefined): TypeDefinitionNode {
  const name = type.name.value;
  const wanted = entries && wantedOf(entries);
  switch (type.kind) {
    case Kind.SCALAR_TYPE_DEFINITION:
      return { ...type, ...bare };
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return { ...type, ...bare, fields: type.fields?.map(clean) };
    case Kind.ENUM_TYPE_DEFINITION: {
      const values = wanted ? choose(name, type.values ?? [], wanted.keys()) : type.values;
      return { ...type, ...bare, values: values?.map((value) => ({ ...value, ...bare })) };
    }
    case Kind.UNION_TYPE_DEFINITION:
      if (!wanted) break;
      return { ...type, ...bare, types: choose(name, type.types ?? [], wanted.keys()) };
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      if (!wanted) break;
      const fields = choose(name, type.fields ?? [], wanted.keys());
      return { ...type, ...bare, fields: fields.map((each) => field(name, each, wanted.get(each.name.value) ?? [])) };
    }
  }
  throw new Error(`the selection needs ${name}, but does not say what of it`);
}

const namedType = (type: TypeNode): NamedTypeNode => (type.kind === Kind.NAMED_TYPE ? type : namedType(type.type));

/** The types that a type speaks of. */
function references(type: TypeDefinitionNode): string[] {
  if (type.kind === Kind.UNION_TYPE_DEFINITION) return (type.types ?? []).map((each) => each.name.value);
  if (!("fields" in type)) return [];
  return (type.fields ?? []).flatMap((each) => {
    const inputs = "arguments" in each ? (each.arguments ?? []) : [];
    return [each, ...inputs].map((one) => namedType(one.type).name.value);
  });
}

/** Keeps of `implements` the chosen interfaces whose chosen fields the type has, too. */
function withInterfaces(type: TypeDefinitionNode, pruned: ReadonlyMap<string, TypeDefinitionNode>): TypeDefinitionNode {
  if (!("interfaces" in type)) return type;
  const own = new Set(type.fields?.map((each) => each.name.value));
  const kept = type.interfaces?.filter(({ name }) => {
    const base = pruned.get(name.value);
    return base && "fields" in base && base.fields?.every((each) => own.has(each.name.value));
  });
  return { ...type, interfaces: kept };
}

const builtIn = new Set(["Boolean", "Float", "ID", "Int", "String"]);

/** The pruned schema as text. @throws naming what the schema or the selection lacks */
export function pruneGraphql(schema: string, selection: Selection): string {
  const known = new Map<string, TypeDefinitionNode>();
  for (const each of parse(schema, { noLocation: true }).definitions)
    if ("name" in each && each.name && /TypeDefinition$/.test(each.kind))
      known.set(each.name.value, each as TypeDefinitionNode);
  const pruned = new Map<string, TypeDefinitionNode>();
  const include = (name: string): void => {
    if (builtIn.has(name) || pruned.has(name)) return;
    const type = known.get(name);
    if (!type) throw new Error(`the schema has no type ${name}`);
    const small = prunedType(type, selection[name]);
    pruned.set(name, small);
    for (const each of references(small)) include(each);
  };
  for (const name of Object.keys(selection)) include(name);
  const definitions = [...pruned.values()]
    .map((type) => withInterfaces(type, pruned))
    .sort((a, b) => (a.name.value < b.name.value ? -1 : 1));
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions };
  return `${print(document)}\n`;
}
