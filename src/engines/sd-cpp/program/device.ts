/**
 * What a program of stable-diffusion.cpp computes on, by the words with which ggml's backends announce what they found:
 * `vulkan`, `cuda`, `rocm`, `metal`. Undefined when it has not said.
 */
export function deviceIn(text: string): string | undefined {
  const [, found] = /ggml_(?:vulkan|cuda_init): found [1-9]\d* (Vulkan|CUDA|ROCm) devices/i.exec(text) ?? [];
  if (found !== undefined) return found.toLowerCase();
  return /ggml_metal_(?:device_)?init: (?:GPU name|found device)/i.test(text) ? 'metal' : undefined;
}
