/**
 * What the bot answers about messages to agents, as pure functions. What became of a message that was accepted, the reaction to
 * it says, and where it was not delivered, a sentence. Commands stand in code and never begin a line.
 */
import { MAX_MESSAGE, MAX_WAITING } from "../task/messages.ts";
import { code, mention } from "../text/quote.ts";

/** `length`: of what was said, in characters. */
export function messageTooLong(length: number): string {
  return `That is ${length.toLocaleString("en")} characters with what stands below it, and a message to an agent has at most ${MAX_MESSAGE.toLocaleString("en")}. It was not delivered. Say it in fewer words, or put the long part into a file of the repository and name that.`;
}

export function nobodyToTell(): string {
  return "There is no task here to tell anything. `/orch` and a request in your own words starts one; if you meant it as a request, say it without `tell`.";
}

/** For words that begin with an id of no task here. */
export function nobodyCalled(id: string): string {
  return `There is no task ${code(id, 60)} here, so I have told nobody and started nothing. \`/orch status\` shows the ids.`;
}

export function nothingToTell(): string {
  return "There is nothing behind the id, so nothing was said. Write it on the same line, for example `/orch tell tab2c use tabs, please`.";
}

/** For a task whose agent does not work any more. */
export function tooLateToTell(id: string): string {
  return `Task ${code(id)} is over, or its work is just being published: its agent does not work any more, so it was not told. ${NEXT}`;
}

/** For a node of a team's plan on which nobody works any more. */
export function nodeIsOver(node: string): string {
  return `Node ${code(node, 40)} is over: nobody works on it any more, so it was not told. \`/orch tell\` and your words without its name reach the team's manager.`;
}

export function tooManyMessages(id: string): string {
  return `The agent of task ${code(id)} has not heard the last ${MAX_WAITING} messages yet, or was told too much altogether, so this one was not delivered. Say it again when they were (🚀), or put it into a further request.`;
}

/** For a message that was accepted, and whose task ended before its agent had it. */
export function notDelivered(login: string, id: string): string {
  return `${mention(login)}, task ${code(id)} ended before its agent was seen to read your message, so take it as not delivered. ${NEXT}`;
}

/** For one that was given to agents again and again, none of which lived on. */
export function givenUp(login: string, id: string): string {
  return `${mention(login)}, your message was given to the agent of task ${code(id)} five times, and each time its run ended before it was seen to read it. It is not given again.`;
}

const NEXT = "`/orch then` and what is to be done goes on from that task's work; `/orch` and a request starts anew.";
