/**
 * What a query costs, before it is answered: one point for a hundred requests that its connections would need, and no
 * more nodes than GitHub allows. Every connection is taken to be full.
 * https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
 */
import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import { Malformed } from "./refusal.ts";

export type Cost = { points: number; nodes: number };

const mostNodes = 500_000;

type Needs = { requests: number; nodes: number };
type Variables = Readonly<Record<string, unknown>>;

/** How many nodes a connection would hold; undefined for a field that is none. */
function sizeOf(field: FieldNode, variables: Variables, defaults: Variables): number | undefined {
  for (const { name, value } of field.arguments ?? []) {
    if (name.value !== "first" && name.value !== "last") continue;
    if (value.kind === Kind.INT) return Number(value.value);
    const given =
      value.kind === Kind.VARIABLE ? (variables[value.name.value] ?? defaults[value.name.value]) : undefined;
    if (typeof given === "number") return given;
  }
  return undefined;
}

function defaultsOf(operation: OperationDefinitionNode): Variables {
  const entries = (operation.variableDefinitions ?? []).map(({ variable, defaultValue }) => {
    return [variable.name.value, defaultValue?.kind === Kind.INT ? Number(defaultValue.value) : undefined] as const;
  });
  return Object.fromEntries(entries);
}

/** @param document valid, so that no fragment holds itself */
export function costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of document.definitions)
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each);
  const defaults = defaultsOf(operation);
  const known = new Map<SelectionSetNode | undefined, Needs>([[undefined, { requests: 0, nodes: 0 }]]);

  const needsOf = (set: SelectionSetNode | undefined): Needs => {
    const before = known.get(set);
    if (before) return before;
    const total = { requests: 0, nodes: 0 };
    for (const each of set?.selections ?? []) {
      const size = each.kind === Kind.FIELD ? sizeOf(each, variables, defaults) : undefined;
      const inner = needsOf(
        each.kind === Kind.FRAGMENT_SPREAD ? fragments.get(each.name.value)?.selectionSet : each.selectionSet,
      );
      total.requests += inner.requests * (size ?? 1) + (size === undefined ? 0 : 1);
      total.nodes += (inner.nodes + (size === undefined ? 0 : 1)) * (size ?? 1);
    }
    known.set(set, total);
    return total;
  };

  const { requests, nodes } = needsOf(operation.selectionSet);
  return { points: Math.max(1, Math.round(requests / 100)), nodes };
}

/** @throws when GitHub would not even begin */
export function demandFewNodes({ nodes }: Cost): void {
  if (nodes <= mostNodes) return;
  const [asked, most] = [nodes, mostNodes].map((each) => each.toLocaleString("en-US"));
  const text = `This query requests up to ${asked} possible nodes which exceeds the maximum limit of ${most}.`;
  throw new Malformed("MAX_NODE_LIMIT_EXCEEDED", text);
}
