/** Who asked in a way that cannot be answered: exit code 2, as for an option that does not exist. */
export class UsageError extends Error {
  override name = "UsageError";
}
