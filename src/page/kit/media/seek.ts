/** Seconds that an arrow key moves, and the share of the whole that Page moves. */
const STEP = 1;
const PAGE_SHARE = 0.1;

/** Where a key takes a player that is at a second of so many; undefined for a key that does not move it. */
export function seekTo(key: string, at: number, length: number): number | undefined {
  const to = wantedBy(key, at, length);
  return to === undefined ? undefined : Math.min(length, Math.max(0, to));
}

function wantedBy(key: string, at: number, length: number): number | undefined {
  switch (key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return at + STEP;
    case 'ArrowLeft':
    case 'ArrowDown':
      return at - STEP;
    case 'PageUp':
      return at + length * PAGE_SHARE;
    case 'PageDown':
      return at - length * PAGE_SHARE;
    case 'Home':
      return 0;
    case 'End':
      return length;
    default:
      return undefined;
  }
}
