/*
 * Words decide where a library or a program gives nothing else to go by. Of those that run here:
 *
 * - onnxruntime-node 1.30.0 throws a plain `Error` without a code; the runtime's status is in its message.
 * - @fugood/whisper.node 1.1.3 and @fugood/llama.node 1.7.15 throw one that says what failed; why is in their log alone.
 * - node-llama-cpp 3.21.1 throws `InsufficientMemoryError` for what it estimates, which its bindings here go by. When an
 *   allocation fails it throws "Failed to create context", and llama.cpp's log says why.
 * - sd-cli of stable-diffusion.cpp master-920-2f88688 exits with 1 whatever failed.
 *
 * How a process ended is asked before its words: whether the kernel killed it, or it passed its memory ceiling.
 */

/** How C++, the kernel's tools and the libraries of engines and GPUs report that there is no memory left. */
const NO_MEMORY =
  /out of memory|insufficient memory|ErrorOutOf(?:Device|Host|Pool)Memory|failed to allocate|(?:unable to|cannot) allocate|memory allocation of size \d+ failed|cudaMalloc failed|bad_alloc|ENOMEM/i;

/** Whether these words of a program or a library mean that it ran out of memory. */
export const isOutOfMemory = (text: string): boolean => NO_MEMORY.test(text);

/** Of these the words for the machine's own memory, unless those for a GPU's are beside them. */
const MAIN =
  /OutOfHostMemory|memory allocation of size \d+ failed|cannot allocate memory|aligned_malloc|bad_alloc|ENOMEM/i;
const GPU = /cudaMalloc|CUDA|OutOfDeviceMemory|Vulkan|ROCm|Metal/i;

/** What a failure reports of where memory ran out, by these words: nothing unless it was the machine's own. */
export const exhaustedMemoryIn = (text: string): { readonly memory?: 'main' } =>
  MAIN.test(text) && !GPU.test(text) ? { memory: 'main' } : {};
