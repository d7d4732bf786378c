/** Numbers as people read them. */

/** Whole seconds below an hour, minutes below two days, hours above: "45s", "2m 3s", "1h 2m", "6d 23h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m ${seconds % 60}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours}h` : `${hours}h ${minutes % 60}m`;
  return hours % 24 === 0 ? `${hours / 24}d` : `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** "8 MB", "1.5 GB": powers of 1,024. */
export function bytes(amount: number): string {
  const megabytes = amount / 1024 ** 2;
  if (megabytes >= 1_000) return `${Number((megabytes / 1_024).toFixed(1))} GB`;
  return megabytes >= 1 ? `${Math.round(megabytes)} MB` : `${Math.ceil(amount / 1_024)} kB`;
}

/** US dollars: cents, or more places where it is less than one. */
export function dollars(amount: number): string {
  return `$${amount >= 0.01 || amount === 0 ? amount.toFixed(2) : amount.toPrecision(1)}`;
}
