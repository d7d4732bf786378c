/** Compiles parts of GitHub's description with ajv, each when it is first needed, and words the errors. */
import { Ajv, type ErrorObject, type Options, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import type { PublishedSchema, Schema } from "./published-schema.ts";

/** What is wrong with `value`, in words; empty when nothing is. */
export type Check = (schema: Schema, value: unknown) => string[];

/** One wrong field inside an `anyOf` makes an error per variant; more than these do not help the reader. */
const mostErrors = 12;

const options: Options = {
  // An OpenAPI document is not strict JSON Schema; it is trusted, being GitHub's own.
  strict: false,
  validateSchema: false,
  allErrors: true,
  // To compile costs more than to check ever does: a schema that is used in many places is compiled once instead of at each place,
  // and its code is not improved upon. A third of the work, seconds for whoever starts a GitHub for a moment.
  inlineRefs: false,
  code: { optimize: false },
  // ajv warns about a format that it does not know, and then checks nothing: that must not pass unseen.
  logger: {
    log: console.log,
    warn: (message: string) => {
      throw new Error(message);
    },
    error: console.error,
  },
};

function explain(error: ErrorObject): string {
  const { allowedValues, additionalProperty } = error.params as { [name: string]: unknown };
  const detail = allowedValues ?? additionalProperty;
  const message = `${error.instancePath || "/"} ${error.message}`;
  return detail === undefined ? message : `${message}: ${JSON.stringify(detail)}`;
}

/** @param coerce true for values that arrive as text, as in a URL: "30" is then an integer */
export function makeCheck(document: PublishedSchema<object>, { coerce }: { coerce: boolean }): Check {
  const ajv = new Ajv({ ...options, coerceTypes: coerce });
  addFormats.default(ajv);
  // git lets the author of a commit write anything for an address, and GitHub hands it on; its own bots have addresses
  // such as `41898282+name[bot]@users.noreply.github.com`, which RFC 5321 does not allow.
  ajv.addFormat("email", true);
  ajv.addFormat("repo.nwo", /^[\w.-]+\/[\w.-]+$/);
  ajv.addSchema({ $id: document.$id, components: document.components });
  const compiled = new Map<Schema, ValidateFunction>();
  return (schema, value) => {
    const validate = compiled.get(schema) ?? ajv.compile(schema);
    compiled.set(schema, validate);
    if (validate(value)) return [];
    const errors = (validate.errors ?? []).map(explain);
    const more = errors.length - mostErrors;
    return more > 0 ? [...errors.slice(0, mostErrors), `and ${more} more errors`] : errors;
  };
}
