export interface Numbered<T> {
  /** Counts up from 1 and never repeats, so that a reader can ask for what it has not seen. */
  readonly seq: number;
  readonly item: T;
}

/** The newest things, up to a fixed number. */
export interface Ring<T> {
  /** Returns the item's sequence number. */
  push(item: T): number;
  /** What came after that number and is still kept, oldest first. */
  after(seq: number): readonly Numbered<T>[];
  /** The newest one's number; 0 while there was none. */
  readonly lastSeq: number;
  /** All that is kept, oldest first. */
  all(): readonly Numbered<T>[];
}

/** A ring that holds `capacity` items; one more takes the place of the oldest. */
export function createRing<T>(capacity: number): Ring<T> {
  const kept: Numbered<T>[] = [];
  let last = 0;
  const after = (seq: number): readonly Numbered<T>[] => {
    const start = last % kept.length;
    // Until the ring is full its start is 0; from then on the slot to be written next holds the oldest.
    const inOrder = kept.length < capacity ? kept : [...kept.slice(start), ...kept.slice(0, start)];
    return inOrder.filter((entry) => entry.seq > seq);
  };
  return {
    push(item) {
      kept[last % capacity] = { seq: last + 1, item };
      return ++last;
    },
    after,
    get lastSeq() {
      return last;
    },
    all: () => after(0),
  };
}
