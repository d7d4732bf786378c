/** What becomes of the changes of an agent that a limit stopped: `publish` offers them where the check passes. */
import { z } from "zod";

export const onStopSchema = z.enum(["publish", "keep"]);
export type OnStop = z.output<typeof onStopSchema>;
