/*
 * What is still to be said when something goes wrong that no seam caught: the error tracker, for one, wants to know. The
 * top of the program says it, because it alone knows that the process is about to end.
 */
type LastWord = (thrown: unknown) => Promise<void>;

const words = new Set<LastWord>();

/** Registers a last word; the returned function takes it back. */
export function onUncaught(word: LastWord): () => void {
  words.add(word);
  return () => void words.delete(word);
}

/** Says every last word. Never rejects: a failure while reporting a failure concerns nobody any more. */
export async function sayLastWords(thrown: unknown): Promise<void> {
  await Promise.allSettled([...words].map((word) => word(thrown)));
}
