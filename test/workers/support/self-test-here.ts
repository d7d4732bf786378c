/** Chooses a sandbox as whoever runs this program, in the folder given, and prints what the self-test found. */
import { chooseDriver } from "../../../workers/sandbox/sandbox.ts";
import { slotUsers } from "../../../workers/sandbox/slot-users.ts";

const uid = process.getuid?.() ?? -1;
const users = await slotUsers(1, uid);
const { driver, selfTest } = await chooseDriver({ mode: "auto", dir: process.argv[2] ?? "", users });
const failed = selfTest.filter((probe) => !probe.passed);
console.log(JSON.stringify({ uid, driver: driver.name, failed, probes: selfTest.length }));
