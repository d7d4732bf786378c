/** A host process that holds one step back, says so, and waits to be killed. */
import { readFileSync } from "node:fs";
import { openSessions } from "../../../workers/tmux/sessions.ts";
import { HOST_ID } from "./machine.ts";

const { dir, session, step } = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const sessions = await openSessions({ dir, hostId: HOST_ID });
await sessions.hold(session, step);
console.log("held");
setInterval(() => undefined, 60_000);
