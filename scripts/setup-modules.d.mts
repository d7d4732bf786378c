export function modulesAreStale(dir: string): string | undefined;
export function installModules(dir: string): string | undefined;
