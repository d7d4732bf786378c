export type SystemProgram = { name: string; package: string; use: string };
export const containerPrograms: readonly SystemProgram[];
export const browserPrograms: readonly SystemProgram[];
export function missingPrograms(wanted?: readonly SystemProgram[]): SystemProgram[];
export function preparePackages(packages: readonly string[]): { root?: string[]; problem?: string };
export function installPackages(packages: readonly string[], root: readonly string[]): string | undefined;
