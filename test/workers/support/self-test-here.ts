/** Chooses a sandbox, network included, as whoever runs this program, in the folder given, and prints what the self-test found. */
import { join } from "node:path";
import { pino } from "pino";
import { openNetwork } from "../../../workers/network/network.ts";
import { chooseDriver } from "../../../workers/sandbox/sandbox.ts";
import { slotUsers } from "../../../workers/sandbox/slot-users.ts";

const uid = process.getuid?.() ?? -1;
const users = await slotUsers(1, uid);
const dir = process.argv[2] ?? "";
const network = await openNetwork({ dir: join(dir, "network"), log: pino({ level: "silent" }) });
const { driver, selfTest } = await chooseDriver({ mode: "auto", dir, users, network });
network.release();
const failed = selfTest.filter((probe) => !probe.passed);
console.log(JSON.stringify({ uid, driver: driver.name, failed, probes: selfTest.length }));
