/**
 * Work that is asked for more often than it need be done: it is done at once, and then at most once in `minMs`. The last
 * request is never left out.
 */
export function spaced(work: () => void, minMs: number, after: (ms: number, what: () => void) => unknown): () => void {
  let isResting = false;
  let isAsked = false;
  function run(): void {
    isResting = true;
    isAsked = false;
    after(minMs, () => {
      isResting = false;
      if (isAsked) run();
    });
    work();
  }
  return () => {
    isAsked = true;
    if (!isResting) run();
  };
}
