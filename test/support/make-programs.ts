/** Once before journeys run: makes the files of bot and worker host that they start, where a source or a library has changed. */
import { fileOfProgram } from "./program-file.ts";

export default async function setup(): Promise<void> {
  await fileOfProgram("src/main");
}
