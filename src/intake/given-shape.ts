/** The least that the record of a comment in the inbox must have, so that intake can rely on `GivenComment`. */
import { z } from "zod";

export const givenShape = z.looseObject({
  installationId: z.number(),
  repository: z.looseObject({ id: z.number(), owner: z.string(), name: z.string(), defaultBranch: z.string() }),
  number: z.number(),
  on: z.enum(["issue", "pull"]),
  commentId: z.number(),
  actor: z.looseObject({ id: z.number(), login: z.string() }),
  commands: z.array(
    z.looseObject({ line: z.number(), kind: z.enum(["task", "help", "status", "cancel", "misunderstood"]) }),
  ),
  requestedAt: z.number(),
  receivedAt: z.number(),
});
