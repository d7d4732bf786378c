/** What the repository's own CI says, in two words. */
import type { CiView } from "../views/pull-fates.ts";

/** Nothing is known of it until a check suite of the newest commit has ended. */
export const ciWord = (ci: CiView | undefined): "CI green" | "CI red" | "CI –" => (ci?.said ? `CI ${ci.said}` : "CI –");
