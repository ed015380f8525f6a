import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';

/** Registrations per source in a minute (studio contract). */
const MOST = 10;
const WINDOW_MS = MINUTE_MS;
/** Sources remembered at a time; beyond that the longest quiet one is forgotten. */
const MOST_SOURCES = 10_000;

/** Counts requests per source in a sliding window. Returns the seconds to wait, or undefined when one more is fine. */
export function createRateLimit(now: () => number): (source: string) => number | undefined {
  const seen = new Map<string, readonly number[]>();
  return (source) => {
    const at = now();
    const recent = (seen.get(source) ?? []).filter((then) => then > at - WINDOW_MS);
    const [oldest] = recent;
    const full = recent.length >= MOST && oldest !== undefined;
    seen.delete(source); // put back at the end: the map's order is who was heard last
    seen.set(source, full ? recent : [...recent, at]);
    if (seen.size > MOST_SOURCES) seen.delete(seen.keys().next().value ?? '');
    return full ? Math.max(1, Math.ceil((oldest + WINDOW_MS - at) / SECOND_MS)) : undefined;
  };
}
