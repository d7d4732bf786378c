/**
 * What was tried again and again had to be given up: the time for it ran out. The message is the last failure's, a sentence
 * for a person; the cause is why there was no time left.
 */
export class StillFailing extends Error {
  override readonly name = "StillFailing";
}
