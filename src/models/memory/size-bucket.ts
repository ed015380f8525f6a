import type { Task } from '../../contract/tasks/index.ts';

/** What of a task decides how much memory its run takes, in steps of a factor of two. */
export function sizeBucket(task: Task): string {
  switch (task.kind) {
    case 'image':
      return `px${steps(side(task.width) * side(task.height))}`;
    case 'video':
      return `px${steps(side(task.width) * side(task.height) * Math.max(1, task.seconds * (task.fps || DEFAULT_FPS)))}`;
    case 'llm':
    case 'audio_stt':
    case 'audio_tts':
    case 'mesh':
      return 'any'; // what a model needs is allocated in full when it loads, whatever the task
    default:
      return task satisfies never;
  }
}

/** A side of 0 is the model's own, the same each time: any one number stands for it. */
const side = (pixels: number): number => pixels || 1;
const DEFAULT_FPS = 8;
const steps = (count: number): number => Math.ceil(Math.log2(Math.max(1, count)));
