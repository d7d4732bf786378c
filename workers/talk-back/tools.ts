/** What an agent can call, in the order in which it is told of them. */
import type { Tool } from "./tool.ts";
import { ask } from "./tools/ask.ts";
import { blocker } from "./tools/blocker.ts";
import { checkpoint } from "./tools/checkpoint.ts";
import { delegate } from "./tools/delegate.ts";
import { finding } from "./tools/finding.ts";
import { finish } from "./tools/finish.ts";
import { inbox } from "./tools/inbox.ts";
import { message } from "./tools/message.ts";
import { plan } from "./tools/plan.ts";
import { progress } from "./tools/progress.ts";
import { revision } from "./tools/revise.ts";
import { wait } from "./tools/wait.ts";

export const tools: readonly Tool[] = [
  progress,
  checkpoint,
  ask,
  wait,
  blocker,
  inbox,
  message,
  plan,
  revision,
  delegate,
  finding,
  finish,
];
