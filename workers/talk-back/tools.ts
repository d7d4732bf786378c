/** What an agent can call, in the order in which it is told of them. */
import type { Tool } from "./tool.ts";
import { ask } from "./tools/ask.ts";
import { checkpoint } from "./tools/checkpoint.ts";
import { finding } from "./tools/finding.ts";
import { finish } from "./tools/finish.ts";
import { inbox } from "./tools/inbox.ts";
import { progress } from "./tools/progress.ts";
import { wait } from "./tools/wait.ts";

export const tools: readonly Tool[] = [progress, checkpoint, ask, wait, inbox, finding, finish];
