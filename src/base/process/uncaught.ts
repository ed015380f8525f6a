/*
 * Who wants to know of an error that no seam caught: the error tracker, for one. The top of the program reports it,
 * because it alone knows that the process is about to end.
 */
type Reporter = (thrown: unknown) => Promise<void>;

const reporters = new Set<Reporter>();

/** Registers a reporter; the returned function removes it. */
export function onUncaught(reporter: Reporter): () => void {
  reporters.add(reporter);
  return () => void reporters.delete(reporter);
}

/** Calls every reporter and waits for all. Never rejects: a failure while reporting a failure helps nobody. */
export async function reportUncaught(thrown: unknown): Promise<void> {
  await Promise.allSettled([...reporters].map((report) => report(thrown)));
}
