/** What an agent can call, in the order in which it is told of them. */
import type { Tool } from "./tool.ts";
import { progress } from "./tools/progress.ts";

export const tools: readonly Tool[] = [progress];
