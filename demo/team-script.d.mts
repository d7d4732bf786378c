export const plan: { goal: string; nodes: object[] };
export const parts: Record<string, { files?: Record<string, string>; lines?: Record<string, string>; finish?: object }>;
