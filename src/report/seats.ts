/**
 * At most so many at once of one installation: GitHub's limits, and our own throttle for them, slow down an installation
 * with hundreds of tasks, and those of the others must not wait behind it.
 */
export function makeSeats(perInstallation: number) {
  const taken = new Map<number, number>();

  /** Takes a seat; gives what frees it, or undefined when all of the installation's are taken. */
  function take(installationId: number): (() => void) | undefined {
    const count = taken.get(installationId) ?? 0;
    if (count >= perInstallation) return undefined;
    taken.set(installationId, count + 1);
    return () => {
      const left = (taken.get(installationId) ?? 1) - 1;
      if (left > 0) taken.set(installationId, left);
      else taken.delete(installationId);
    };
  }

  return { take };
}
