import { quoted } from '../../base/foreign-text.ts';
import { MAX_SIDE_PX, MAX_STEPS } from '../../base/media/result-limits.ts';
import { extsOf, type Task } from './index.ts';

/**
 * Why no engine makes what a task asks for, with what is allowed; undefined where one may. For our own studio, which
 * tells whoever asks; a worker decides for each offer.
 */
export function whyNotMade(task: Task): string | undefined {
  const exts = extsOf(task.kind);
  if ('ext' in task && exts.length > 0 && !exts.includes(task.ext.toLowerCase())) {
    return `task.ext is ${quoted(task.ext)}; allowed: ${exts.join(', ')}`;
  }
  if (task.kind !== 'image' && task.kind !== 'video') return undefined;
  for (const side of ['width', 'height'] as const) {
    const pixels = task[side] ?? 0;
    if (pixels > MAX_SIDE_PX) return `task.${side} is ${pixels}; allowed: at most ${MAX_SIDE_PX}`;
  }
  if (task.kind === 'image' && task.steps > MAX_STEPS) {
    return `task.steps is ${task.steps}; allowed: at most ${MAX_STEPS}`;
  }
  return undefined;
}
