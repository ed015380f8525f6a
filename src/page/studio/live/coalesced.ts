/**
 * Work that may be asked for while it is under way: all who ask meanwhile have it run once more, so that what it found is
 * never older than the last time that somebody asked. It never rejects, since most who ask wait for nothing: what it throws
 * is a fault of the page, which is reported, and the next who asks has it run as ever.
 */
export function coalesced(work: () => Promise<void>, report: (fault: unknown) => void): () => Promise<void> {
  let running: Promise<void> | undefined;
  let again = false;
  const run = async (): Promise<void> => {
    do {
      again = false;
      try {
        await work();
      } catch (fault) {
        report(fault);
      }
    } while (again);
    running = undefined;
  };
  return () => {
    again = running !== undefined;
    return (running ??= run());
  };
}
