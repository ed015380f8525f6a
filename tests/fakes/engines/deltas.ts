import type { TaskDelta } from '../../../src/engines/result.ts';

/** The text that a follower has after these pieces. */
export const textOf = (deltas: readonly TaskDelta[]): string =>
  deltas.reduce((text, delta) => (delta.is === 'restart' ? '' : delta.is === 'text' ? text + delta.text : text), '');
