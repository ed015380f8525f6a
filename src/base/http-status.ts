/** The client errors that time heals (RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4). */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether the same request may be answered otherwise later: any 5xx, and the 4xx that are not about the request. */
export const passesByItself = (status: number): boolean => status >= 500 || TRANSIENT.has(status);
