import { pixelsOf, type Task } from '../../contract/tasks/index.ts';

/** What of a task decides how much memory its run takes, in steps of a factor of two. */
export function sizeBucket(task: Task): string {
  const pixels = pixelsOf(task);
  return pixels === undefined ? 'any' : `px${Math.ceil(Math.log2(Math.max(1, pixels)))}`;
}
