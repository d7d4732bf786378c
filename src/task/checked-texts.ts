/**
 * Which texts have been found to be right. Records are read far more often than they change, by every look at what is open, and
 * checking the shape of one costs several times what parsing its JSON does: the same text is checked once.
 */
import { z } from "zod";

/** Of so many records the last text is kept. */
const MOST = 200;

const anything = z.unknown();

export function makeCheckedTexts(most = MOST) {
  const right = new Map<string, string>();
  return {
    /** What there is to check of this text: nothing when it was right before. */
    shapeFor: (id: string, text: string, shape: z.ZodType): z.ZodType => (right.get(id) === text ? anything : shape),
    /** The text was checked, and is right. */
    wasRight(id: string, text: string): void {
      right.delete(id);
      right.set(id, text);
      const [longestUnchanged] = right.keys();
      if (right.size > most && longestUnchanged !== undefined) right.delete(longestUnchanged);
    },
  };
}
