/** What a reader may do by a form, in the name of one of the people offered: comment, set labels, press a check's buttons. */
import type { IncomingMessage } from "node:http";
import { type Form, isFromHere, readForm } from "./form.ts";
import { pathOf } from "./layout.ts";
import type { PageView, Refusal } from "./view.ts";

/** Where to go on, or why not. */
export type Posted = { location: string } | { status: number; words: string };

type Post = {
  pattern: RegExp;
  exists(view: PageView, at: Place): Promise<unknown>;
  /** What is wrong with the form, in words. */
  wrong(form: Form): string | false;
  act(view: PageView, at: Place, form: Form): Promise<Refusal>;
  /** The page to return to. */
  back(at: Place): string;
};
type Place = { owner: string; repo: string; id: number };

const here = "^/([^/]+)/([^/]+)";
const issueExists: Post["exists"] = (view, { owner, repo, id }) => view.issue(owner, repo, id);
const issueBack = ({ owner, repo, id }: Place) => pathOf(owner, repo, "issues", id);

const posts: readonly Post[] = [
  {
    pattern: new RegExp(`${here}/issues/(\\d+)/comments$`),
    exists: issueExists,
    wrong: (form) => form.field("body").trim() === "" && "The comment is empty.",
    act: (view, { owner, repo, id }, form) => view.postComment(owner, repo, id, form.login, form.field("body")),
    back: issueBack,
  },
  {
    pattern: new RegExp(`${here}/issues/(\\d+)/labels$`),
    exists: issueExists,
    wrong: (form) => form.field("label").trim() === "" && "The label has no name.",
    act: (view, { owner, repo, id }, form) =>
      view.setLabel(owner, repo, id, form.login, form.field("label").trim(), form.field("do") !== "remove"),
    back: issueBack,
  },
  {
    pattern: new RegExp(`${here}/runs/(\\d+)/press$`),
    exists: (view, { owner, repo, id }) => view.checkRun(owner, repo, id),
    wrong: () => false,
    act: (view, { owner, repo, id }, form) =>
      view.pressButton(owner, repo, id, form.login, form.field("button") || undefined),
    back: ({ owner, repo, id }) => pathOf(owner, repo, "runs", id),
  },
];

function find(path: string): { post: Post; at: Place } | undefined {
  for (const post of posts) {
    const [, owner = "", repo = "", id = ""] = post.pattern.exec(path) ?? [];
    if (id === "") continue;
    try {
      return { post, at: { owner: decodeURIComponent(owner), repo: decodeURIComponent(repo), id: Number(id) } };
    } catch {
      return undefined; // a broken escape is no address
    }
  }
  return undefined;
}

/** Undefined where there is no such form. */
export async function answerPost(view: PageView, request: IncomingMessage, path: string): Promise<Posted | undefined> {
  const found = find(path);
  if (!found) return undefined;
  const { post, at } = found;
  if (!isFromHere(request)) return { status: 403, words: "This form was sent by another site." };
  const form = await readForm(request);
  if ("wrong" in form) return { status: 400, words: form.wrong };
  const wrong = post.wrong(form);
  if (wrong) return { status: 400, words: wrong };
  if (!(await post.exists(view, at))) return { status: 404, words: "There is no such thing." };
  // Only whom the form offers: never the App's bot, and nobody who does not exist yet.
  const people = await view.people(at.owner, at.repo);
  if (!people.some(({ login }) => login === form.login))
    return { status: 422, words: "Nobody can write here by that name." };
  const refusal = await post.act(view, at, form);
  if (refusal) return { status: 422, words: refusal.refused };
  return { location: `${post.back(at)}?as=${encodeURIComponent(form.login)}#write` };
}
