/** Writes to a history until it is killed: three tasks and a place in each go. Says a line after each. */
import { openHistory } from "../../src/history/history-file.ts";
import { pastTask } from "./past-task.ts";

const file = openHistory(process.argv[2] ?? "");
for (let nth = Number(file.place()?.split("-")[0] ?? 0) + 1; ; nth++) {
  const tasks = ["a", "b", "c"].map((name) => pastTask({ task: `${name}${nth}`, requestedAt: nth }));
  file.write({ tasks, place: { from: file.place(), to: `${nth}-0` } });
  process.stdout.write(`${nth}\n`);
}
