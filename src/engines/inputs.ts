/**
 * Fetches a file that a task names by URL.
 *
 * It goes to addresses that somebody else chose, so whoever provides it guards them and caps the size.
 *
 * @throws WorkerError `url.refused` | `download.failed` | `download.missing` | `download.too-large`; the signal's reason
 */
export type FetchInput = (url: string, signal: AbortSignal) => Promise<Uint8Array>;
