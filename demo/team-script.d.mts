type Known = { answer: string; again: boolean };
type Part = {
  asks?: { question: string; options: string[] };
  files?: Record<string, string | ((known: Known) => string)>;
  lines?: Record<string, string>;
  finish?: object;
};
export const plan: { goal: string; nodes: object[] };
export const parts: Record<string, Part>;
