/**
 * Answers of the REST API, and the error that becomes one.
 */

export type Reply = {
  status: number;
  /** Serialised as JSON; text (a diff) and bytes (a raw file) stay as they are; undefined = no body. */
  body?: unknown;
  headers?: Record<string, string>;
};

/** One entry of `errors` in a 422. */
export type FieldError = { resource: string; code: string; field?: string; message?: string; value?: string };

/** Thrown anywhere below a route; the server turns it into an error body of GitHub's shape. */
export class ApiError extends Error {
  readonly status: number;
  readonly errors: FieldError[] | string[] | undefined;
  readonly headers: Record<string, string>;
  /** Where it is now, of what has moved. */
  readonly url?: string;
  constructor(status: number, message: string, errors?: FieldError[] | string[], headers: Record<string, string> = {}) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.errors = errors;
    this.headers = headers;
  }
}

/** Tells where something is now, by the address that never changes: permanently to readers, for this once to writers. */
export function movedTo(method: string, url: string): ApiError {
  const reading = method === "GET" || method === "HEAD";
  const moved = new ApiError(reading ? 301 : 307, "Moved Permanently", undefined, { location: url });
  return Object.assign(moved, { url });
}

export const notFound = () => new ApiError(404, "Not Found");

/** A rule broken by the request's content. */
export const invalid = (resource: string, field: string, message: string, code = "custom") =>
  new ApiError(422, "Validation Failed", [{ resource, code, field, message }]);

export const ok = (body: unknown): Reply => ({ status: 200, body });
export const created = (body: unknown): Reply => ({ status: 201, body });
export const noContent = (): Reply => ({ status: 204 });

/** The body of an error answer. */
export function errorBody(error: ApiError): Record<string, unknown> {
  return {
    message: error.message,
    ...(error.errors ? { errors: error.errors } : {}),
    ...(error.url ? { url: error.url } : {}),
    documentation_url: "https://docs.github.com/rest",
    status: String(error.status),
  };
}
