import { MINUTE_MS, SECOND_MS } from '../../base/units.ts';

/** Registrations per source in a minute (studio contract: registration). */
const MAX_REQUESTS = 10;
const WINDOW_MS = MINUTE_MS;
/** Sources remembered at a time; beyond that the one idle for longest is forgotten. */
const MAX_SOURCES = 10_000;

/**
 * Counts requests per source in a sliding window. Returns the seconds to wait, or undefined when one more is fine.
 *
 * @param elapsed milliseconds that never jump
 */
export function createRateLimit(elapsed: () => number): (source: string) => number | undefined {
  const seen = new Map<string, readonly number[]>();
  return (source) => {
    const at = elapsed();
    const recent = (seen.get(source) ?? []).filter((then) => then > at - WINDOW_MS);
    const [oldest] = recent;
    const full = recent.length >= MAX_REQUESTS && oldest !== undefined;
    seen.delete(source); // put back at the end: the map is in the order of last requests
    seen.set(source, full ? recent : [...recent, at]);
    if (seen.size > MAX_SOURCES) seen.delete(seen.keys().next().value ?? '');
    return full ? Math.max(1, Math.ceil((oldest + WINDOW_MS - at) / SECOND_MS)) : undefined;
  };
}
