import { WorkerError } from '../base/errors.ts';

/** How C++, the kernel's tools and the libraries of engines and GPUs say that there is no memory left. */
const NO_MEMORY =
  /out of memory|insufficient memory|ErrorOutOf(?:Device|Host|Pool)Memory|failed to allocate|(?:unable to|cannot) allocate|memory allocation of size \d+ failed|cudaMalloc failed|bad_alloc|ENOMEM/i;

/** Whether these words of a program or a library mean that it ran out of memory. */
export const saysNoMemory = (text: string): boolean => NO_MEMORY.test(text);

/** Of these the words for the machine's own memory, unless those for a GPU's are beside them. */
const MAIN =
  /OutOfHostMemory|memory allocation of size \d+ failed|cannot allocate memory|aligned_malloc|bad_alloc|ENOMEM/i;
const GPU = /cudaMalloc|CUDA|OutOfDeviceMemory|Vulkan|ROCm|Metal/i;

/** What a failure tells of where memory ran out, by these words: nothing unless it was the machine's own. */
export const whereShort = (text: string): { readonly memory?: 'main' } =>
  MAIN.test(text) && !GPU.test(text) ? { memory: 'main' } : {};

/** This failure, unless the library said that it lacks memory: then neither the model nor the task is to blame. */
export const unlessNoMemory = (said: string, failure: WorkerError): WorkerError =>
  saysNoMemory(said)
    ? new WorkerError('engine.out-of-memory', `there is not enough memory for the model: ${said}`, {
        cause: failure.cause,
        fields: whereShort(said),
        hint: 'Close programs that use much memory, or offer this model to a machine with more of it.',
      })
    : failure;
