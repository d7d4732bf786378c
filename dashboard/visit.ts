/**
 * What the dashboard's routes are given, and what they give back. The door (`door/`) has checked address, session, origin and form token before a route
 * is asked; what somebody may see of a repository's tasks the route asks itself, because only it knows which tasks it shows.
 */
import type { TaskSpec } from "../src/task/task-spec.ts";
import type { Html } from "./html.ts";

/** Who looks: whoever operates Orch, or somebody whom GitHub has named. */
export type Viewer =
  | { kind: "operator" /** Shown to others: a login, or the name of the machine's user. */; name: string; id?: number }
  | { kind: "person"; id: number; login: string };

export type Place = Pick<TaskSpec, "installationId" | "repository">;

/**
 * As GitHub says, kept for five minutes; what it does not say is a no. So a stream asks again before each event that it sends. An operator may
 * everything.
 */
export type Rights = {
  isOperator: boolean;
  /** What GitHub itself shows: that a task is there, its state, its pull request. */
  mayRead(place: Place): Promise<boolean>;
  /** What agents print, prompts, changes and costs, and everything that changes a task. */
  mayWrite(place: Place): Promise<boolean>;
};

export type Visit = {
  viewer: Viewer;
  rights: Rights;
  /** The parts of the path that the route names with a colon. */
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** Of a POST: its fields, the form token left out. */
  form: URLSearchParams;
  /** Stands in each form of the page as the hidden field `token`. */
  formToken: string;
  /** `Last-Event-ID` of a stream that is taken up again. */
  lastEventId?: string;
  /** Unix ms. */
  now: number;
  /** Aborted when the viewer is gone, or the dashboard stops. */
  signal: AbortSignal;
};

export type Answer =
  /** A whole document. */
  | { kind: "page"; body: Html; status?: number }
  | { kind: "bytes"; type: string; body: string | Buffer; headers?: Readonly<Record<string, string>> }
  /** After a deed: GET `to`, which begins with one slash. */
  | { kind: "see"; to: string }
  /** There is nothing, or nothing for this viewer: both look the same. */
  | { kind: "nothing" }
  /** Server-sent events until `run` returns or `visit.signal` is aborted. */
  | { kind: "stream"; run(stream: EventStream): Promise<void> };

export type ServerEvent = {
  event: string;
  /** May have several lines. */
  data: string;
  id?: string;
};

export type EventStream = {
  /** False where the viewer is too slow: more than 1 MiB waits for it, and this event is dropped. */
  send(event: ServerEvent): boolean;
  /** Bytes that wait for this viewer. */
  pending(): number;
};

export type DashboardRoute = {
  method: "GET" | "POST";
  /** As `/tasks/:id`; exact otherwise. */
  path: string;
  /** For operators only; to everybody else there is nothing. */
  operatorsOnly?: boolean;
  answer(visit: Visit): Promise<Answer>;
};
