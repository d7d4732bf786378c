/** A host process that starts one step, says its wrapper's pid, and waits to be killed. */
import { readFileSync } from "node:fs";
import { openSessions } from "../../../workers/tmux/sessions.ts";
import { HOST_ID } from "./machine.ts";

const { dir, session, step } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const sessions = await openSessions({ dir, hostId: HOST_ID });
const running = await sessions.start(session, step);
console.log(running.pid);
await running.ended;
