/** Durations of ISO 8601 that always have one length: weeks, days, hours, minutes and seconds. */

/** Milliseconds; undefined for what is no such duration, months and years included. */
export function durationMs(text: string): number | undefined {
  const match = DURATION.exec(text);
  if (match === null) return undefined;
  const amounts = match.slice(1);
  if (amounts.every((amount) => amount === undefined)) return undefined;
  return amounts.reduce((sum, amount, unit) => sum + Number(amount ?? 0) * (UNIT_MS[unit] ?? 0), 0);
}

const DURATION = /^P(?:(\d{1,5})W)?(?:(\d{1,5})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$/;
const UNIT_MS = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000];
