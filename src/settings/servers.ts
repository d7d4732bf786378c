/**
 * `servers` in a repository's file: programs that run beside an agent whose node of a plan needs them, such as a database or the
 * application itself, and by what each of them is known to be ready.
 */
import { z } from "zod";
import { commandSchema, wordsOf } from "./command.ts";

const MAX_SERVERS = 8;
const SECONDS = { least: 1, most: 120, usual: 60 } as const;
/** That of the way out, in every sandbox (workers/network/bridge.ts). */
const TAKEN_PORT = 17_128;

const SERVER_NAME = /^[a-z][a-z0-9-]{0,23}$/;

const server = z
  .strictObject({
    command: commandSchema.describe("What starts it and keeps running: a shell line, or a list of words."),
    port: z
      .int()
      .min(1)
      .max(65_535)
      .refine((port) => port !== TAKEN_PORT, `must not be ${TAKEN_PORT}, which every sandbox uses for its way out`)
      .optional()
      .describe("It is ready when it listens on this port."),
    prints: z
      .string()
      .min(1)
      .max(200)
      .refine((text) => !/[\0\r\n]/.test(text), "must be one line")
      .optional()
      .describe("It is ready when it has printed this text, within a line."),
    seconds: z
      .int()
      .min(SECONDS.least)
      .max(SECONDS.most)
      .optional()
      .describe(`How long it may take until it is ready, ${SECONDS.usual} by default.`),
  })
  .refine(({ port, prints }) => port !== undefined || prints !== undefined, {
    error: "does not say when it is ready: add port, prints, or both",
  });

export const serversSchema = z
  .record(
    z.string().regex(SERVER_NAME, "a server's name begins with a letter and has at most 24 of a-z, 0-9 and -"),
    server,
  )
  .refine((all) => Object.keys(all).length <= MAX_SERVERS, `expected at most ${MAX_SERVERS} servers`)
  .meta({ maxProperties: MAX_SERVERS });

/** As a host keeps it. */
export const serverShape = z.object({
  name: z.string(),
  command: z.array(z.string()),
  port: z.number().optional(),
  prints: z.string().optional(),
  seconds: z.number(),
});
export type Server = z.output<typeof serverShape>;

/** In the order of the file, in which they are started. */
export const serversOf = (written: z.output<typeof serversSchema>): Server[] =>
  Object.entries(written).map(([name, { command, port, prints, seconds = SECONDS.usual }]) => ({
    ...{ name, command: wordsOf(command), seconds },
    ...(port !== undefined && { port }),
    ...(prints !== undefined && { prints }),
  }));
