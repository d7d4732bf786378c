/** The SDK's own client with a token, and messages as it sends them. */
import { type Message, Role, type SendMessageRequest, type StreamResponse, type Task } from "@a2a-js/sdk";
import {
  type Client,
  ClientFactory,
  createAuthenticatingFetchWithRetry,
  DefaultAgentCardResolver,
  JsonRpcTransportFactory,
} from "@a2a-js/sdk/client";

export async function clientWith(url: string, token: string): Promise<Client> {
  const fetchImpl = createAuthenticatingFetchWithRetry(fetch, {
    headers: async () => ({ authorization: `Bearer ${token}` }),
    shouldRetryWithHeaders: async () => undefined,
  });
  const factory = new ClientFactory({
    transports: [new JsonRpcTransportFactory({ fetchImpl })],
    cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  });
  return await factory.createFromUrl(url);
}

type Saying = Partial<Pick<Message, "messageId" | "taskId" | "contextId" | "metadata">>;

/** `now`: the call does not wait for what comes of it. */
export function saying(text: string, about: Saying = {}, now = true): SendMessageRequest {
  const message: Message = {
    messageId: crypto.randomUUID(),
    contextId: "",
    taskId: "",
    role: Role.ROLE_USER,
    parts: [{ content: { $case: "text", value: text }, metadata: undefined, filename: "", mediaType: "text/plain" }],
    metadata: undefined,
    extensions: [],
    referenceTaskIds: [],
    ...about,
  };
  const configuration = { acceptedOutputModes: [], taskPushNotificationConfig: undefined, returnImmediately: now };
  return { tenant: "", message, configuration, metadata: undefined };
}

export async function sent(client: Client, request: SendMessageRequest): Promise<Task> {
  const result = await client.sendMessage(request);
  if (!("status" in result)) throw new Error("a message came back, and no task");
  return result;
}

/** What the task's status is said to be, one after the other. */
export const statesIn = (events: readonly StreamResponse[]) =>
  events.flatMap(({ payload }) =>
    payload?.$case === "task" || payload?.$case === "statusUpdate" ? [payload.value.status?.state] : [],
  );
