/** What a program says in A2A's words, read into ours. Throws A2A's own errors. */
import { type Message, Role } from "@a2a-js/sdk";
import { ContentTypeNotSupportedError, RequestMalformedError } from "@a2a-js/sdk/errors";
import { invalid } from "../src/api/problem.ts";
import { type Wish, wishShape } from "../src/api/wish.ts";

/** What of a message's metadata is ours; whatever else stands there is other people's. */
const OURS = ["repository", "issue", "agent", "model", "base", "priority", "budget", "plan", "team"] as const;

const MAX_ID = 150;

export type Said = { message: Message; text: string; key: string };

export function readMessage(message: Message | undefined): Said {
  if (!message || message.role !== Role.ROLE_USER) throw new RequestMalformedError("A message of the user is needed.");
  const { messageId, contextId } = message;
  for (const [name, id] of Object.entries({ messageId, contextId }))
    if (id.length > MAX_ID || !id.isWellFormed())
      throw new RequestMalformedError(`${name} may have at most ${MAX_ID} characters.`);
  // Without one a repeated message would be another task.
  if (messageId === "") throw new RequestMalformedError("messageId is missing.");
  return { message, text: textOf(message), key: `message ${messageId}` };
}

function textOf({ parts }: Message): string {
  const texts = parts.map(({ content }) => {
    if (content?.$case !== "text")
      throw new ContentTypeNotSupportedError("Only text is read: put the rest into the repository, or link to it.");
    return content.value;
  });
  const text = texts.join("\n").toWellFormed().trim();
  if (text === "") throw new RequestMalformedError("The message says nothing.");
  return text;
}

export function wishIn({ message, text }: Said): Wish {
  const { metadata = {} } = message;
  const set = OURS.flatMap((name) => (metadata[name] === undefined ? [] : [[name, metadata[name]]]));
  const read = wishShape.safeParse({ ...Object.fromEntries(set), instruction: text });
  if (read.success) return read.data;
  throw new RequestMalformedError(`In the message's metadata: ${invalid(read.error).message}`);
}
