/** One line of a program's output as a JSON object, or undefined. Key order means nothing: Claude Code's varies. */
export function jsonObject(line: string): Record<string, unknown> | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    // Not JSON after all: a program may print anything on its standard output, and then it is a log line.
    return undefined;
  }
}
