/** Who writes, and what any text of theirs may have: reactions, a last change, a fold. */

/** A person, an organization or the bot account of the App. `token` is a personal access token, for people only. */
export type Account = {
  id: number;
  login: string;
  type: "User" | "Organization" | "Bot";
  createdAt: string;
  token?: string;
};

export type ReactionContent = "+1" | "-1" | "laugh" | "confused" | "heart" | "hooray" | "rocket" | "eyes";

export type Reaction = { id: number; user: Account; content: ReactionContent; createdAt: string };

/** Who changed a text last. */
export type LastEdit = { at: string; by: Account };

/** Why somebody hid a comment, in GraphQL's words. */
export type Classifier = "ABUSE" | "DUPLICATE" | "OFF_TOPIC" | "OUTDATED" | "RESOLVED" | "SPAM";

/** What can be folded away for everybody. */
export type Minimizable = { minimized?: Classifier };
