/** Reviews of pull requests. */
import { z } from "zod";
import { createReview, dismissReview, submitReview } from "../actions/reviews.ts";
import { mayRead } from "../auth/permissions.ts";
import { reviewComment as commentJson, review as reviewJson } from "../serialise/review.ts";
import type { Review, ReviewState } from "../store/model.ts";
import { reviewsOf } from "../store/store.ts";
import { by, numberParam, optionalChoice, optionalField, optionalText, type RepositoryCall, text } from "./call.ts";
import { demandUnlocked } from "./issues.ts";
import { listed } from "./pages.ts";
import { pullOf, reading, writing } from "./pulls.ts";
import { ApiError, notFound, ok, type Reply } from "./reply.ts";
import { inRepository, type Route, write } from "./router.ts";

const shown = (call: RepositoryCall) => (each: Review) => reviewJson(call.world, call.repo, each);

function reviewOf(call: RepositoryCall): Review {
  const review = call.repo.reviews.get(numberParam(call, "id"));
  if (!review || review.number !== pullOf(call).number || !mayRead(call.actor, review)) throw notFound();
  return review;
}

const verdicts = { APPROVE: "APPROVED", REQUEST_CHANGES: "CHANGES_REQUESTED", COMMENT: "COMMENTED" } as const;

function verdict(call: RepositoryCall): ReviewState | undefined {
  const event = optionalChoice(call, "event", ["APPROVE", "REQUEST_CHANGES", "COMMENT"] as const);
  return event && verdicts[event];
}

const lineComments = z.array(
  z.object({
    path: z.string(),
    body: z.string(),
    line: z.int(),
    side: z.enum(["LEFT", "RIGHT"]).default("RIGHT"),
    start_line: z.int().optional(),
  }),
);

async function create(call: RepositoryCall): Promise<Reply> {
  const { world, repo } = call;
  const comments = optionalField(call, "comments", lineComments) ?? [];
  const issue = pullOf(call);
  demandUnlocked(call, issue, "comment");
  const review = await createReview(world, repo, issue, by(call), {
    state: verdict(call) ?? "PENDING",
    body: optionalText(call, "body") ?? "",
    sha: optionalText(call, "commit_id"),
    comments: comments.map(({ start_line: startLine, ...rest }) => ({ ...rest, startLine })),
  });
  return ok(shown(call)(review));
}

async function submit(call: RepositoryCall): Promise<Reply> {
  const review = reviewOf(call);
  const state = verdict(call);
  if (!state || review.state !== "PENDING") throw new ApiError(422, "Could not submit the review");
  await submitReview(call.world, call.repo, pullOf(call), review, by(call), {
    state,
    body: optionalText(call, "body"),
  });
  return ok(shown(call)(review));
}

function dismiss(call: RepositoryCall): Reply {
  text(call, "message");
  const review = reviewOf(call);
  dismissReview(call.world, call.repo, pullOf(call), review, by(call));
  return ok(shown(call)(review));
}

export const reviewRoutes: Route[] = [
  inRepository("GET", "/pulls/{number}/reviews", reading, (call) => {
    const reviews = reviewsOf(call.repo, pullOf(call).number);
    return listed(
      call,
      reviews.filter((each) => mayRead(call.actor, each)),
      shown(call),
    );
  }),
  inRepository("POST", "/pulls/{number}/reviews", writing, create, { content: true }),
  inRepository("GET", "/pulls/{number}/reviews/{id}", reading, (call) => ok(shown(call)(reviewOf(call)))),
  inRepository("GET", "/pulls/{number}/reviews/{id}/comments", reading, (call) => {
    const review = reviewOf(call);
    const comments = [...call.repo.reviewComments.values()].filter((each) => each.reviewId === review.id);
    return listed(call, comments, (each) => commentJson(call.world, call.repo, each));
  }),
  inRepository("POST", "/pulls/{number}/reviews/{id}/events", writing, submit),
  inRepository("PUT", "/pulls/{number}/reviews/{id}/dismissals", write("write", "pull_requests"), dismiss),
];
