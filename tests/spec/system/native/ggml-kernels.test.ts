import { expect, test } from 'bun:test';
import { dlopen, FFIType } from 'bun:ffi';
import { join } from 'node:path';
import { useFastestKernels } from '../../../../src/system/native/ggml-kernels.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { LINUX_X64, needs } from '../../../needs.ts';

const packages = join(Bun.fileURLToPath(import.meta.resolve('@fugood/whisper.node')), '../../../..');
const addon = join(packages, '@fugood/node-whisper-linux-x64/index.node');
const kernels = join(packages, '@node-llama-cpp/linux-x64/bins/linux-x64');
const onLinux = needs(LINUX_X64);

const MOST_NAMES = 200;

/** What a library calls its operations and types, in the order of their numbers, and how large its structures are. */
function layoutOf(path: string) {
  const { symbols } = dlopen(path, {
    ggml_op_name: { args: [FFIType.i32], returns: FFIType.cstring },
    ggml_type_name: { args: [FFIType.i32], returns: FFIType.cstring },
    ggml_type_size: { args: [FFIType.i32], returns: FFIType.u64 },
    ggml_tensor_overhead: { args: [], returns: FFIType.u64 },
    ggml_graph_overhead: { args: [], returns: FFIType.u64 },
  });
  const operations: string[] = [];
  while (operations.length < MOST_NAMES && operations.at(-1) !== 'GLU') {
    operations.push(String(symbols.ggml_op_name(operations.length)));
  }
  const types = Array.from({ length: 40 }, (_, type) => [
    String(symbols.ggml_type_name(type)),
    symbols.ggml_type_size(type),
  ]);
  return { operations, types, tensor: symbols.ggml_tensor_overhead(), graph: symbols.ggml_graph_overhead() };
}

onLinux('the library for speech and the kernels it takes have the same layout', () => {
  const own = layoutOf(addon);
  expect(own.operations.length).toBeWithin(90, MOST_NAMES);
  expect(layoutOf(join(kernels, 'libggml-base.so'))).toEqual(own);
});

onLinux('the library for speech computes with kernels for this CPU', async () => {
  expect(await useFastestKernels(addon, kernels)).toBe(true);
});

test('without such kernels, or without the addon, nothing is changed', async () => {
  await using folder = await tempFolder();
  expect(await useFastestKernels(addon, folder.path)).toBe(false);
  expect(await useFastestKernels(folder.at('missing.node'), kernels)).toBe(false);
});
