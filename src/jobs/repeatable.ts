import type { Job } from './job.ts';

/**
 * Whether a task comes to the same result each time on the same machine: everything that its engine chooses by chance is
 * settled by a seed. A voice breathes differently each time, and an app elsewhere does as it likes.
 */
export function isRepeatable({ task, source }: Pick<Job, 'task' | 'source'>): boolean {
  switch (source.engine) {
    case 'llama-cpp': // has the seed of the contract where the task names none
    case 'onnx':
    case 'onnx-vision':
    case 'parakeet':
    case 'synthetic':
    case 'whisper-cpp':
      return true;
    case 'sd-cpp':
    case 'torch':
      return 'seed' in task && task.seed !== undefined;
    case 'gradio':
    case 'piper':
      return false;
    default:
      return source.engine satisfies never;
  }
}

/**
 * Whether a result that misses its task would miss it on any other machine as well. A chat is: its tokens are chosen by
 * weights and seed. An image is not: one that comes out black is most often the fault of a GPU and its driver.
 */
export const isSettled = (job: Pick<Job, 'task' | 'source'>): boolean => job.task.kind === 'llm' && isRepeatable(job);
