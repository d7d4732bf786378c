/** All routes; of two that match, the first wins. */
import { appRoutes } from "./app.ts";
import { checkRoutes } from "./checks.ts";
import { commentRoutes } from "./comments.ts";
import { commitRoutes } from "./commits.ts";
import { contentRoutes } from "./contents.ts";
import { deliveryRoutes } from "./deliveries.ts";
import { issueRoutes } from "./issues.ts";
import { labelRoutes } from "./labels.ts";
import { pullRoutes } from "./pulls.ts";
import { refRoutes } from "./refs.ts";
import { repositoryRoutes } from "./repositories.ts";
import { reviewCommentRoutes } from "./review-comments.ts";
import { reviewRoutes } from "./reviews.ts";
import type { Route } from "./router.ts";
import { ruleRoutes } from "./rules.ts";
import { statusRoutes } from "./statuses.ts";
import { suiteRoutes } from "./suites.ts";
import { userRoutes } from "./users.ts";

export const routes: readonly Route[] = [
  ...appRoutes,
  ...deliveryRoutes,
  ...userRoutes,
  ...repositoryRoutes,
  ...commentRoutes,
  ...issueRoutes,
  ...labelRoutes,
  ...reviewRoutes,
  // Before the pull requests: `/pulls/comments` is none of them.
  ...reviewCommentRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...suiteRoutes,
  ...statusRoutes,
  ...commitRoutes,
  ...contentRoutes,
  ...refRoutes,
  ...ruleRoutes,
];
