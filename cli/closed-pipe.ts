/** Whoever reads only the beginning of what a verb prints, as `head` does, has had enough: it ends there, and nothing is wrong. */
import process from "node:process";

/** For verbs that print what was asked for; what runs on, as `orch start`, goes on. */
export function endWithReader(stream: NodeJS.WriteStream = process.stdout): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(0);
  });
}
