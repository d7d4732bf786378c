/** In which role a task is worked on. */
import type { TaskSpec } from "./task-spec.ts";

type Roled = { [Name in "role" | "team"]?: TaskSpec[Name] | undefined };

/** A team's own task begins as its planner's, and its agent stays the same when it manages. None: whoever does all of it. */
export const roleNameOf = ({ role, team }: Roled): string | undefined => role ?? (team ? "planner" : undefined);
