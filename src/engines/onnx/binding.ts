import type * as onnxruntime from 'onnxruntime-node';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { errorChain } from '../../base/errors.ts';
import { libraryFailure, loadFailure, runFailure } from '../failures.ts';
import type { NativeCache } from '../../system/native/native-cache.ts';

/** Numbers in the shape a model takes them. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
}

/** What a model takes: numbers as they are, or whole ones (`int64`). */
export interface InputTensor {
  readonly data: Float32Array | BigInt64Array;
  readonly dims: readonly number[];
}

/** A model in memory, as the runtime sees it. */
export interface OnnxSession extends AsyncDisposable {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** @throws WorkerError `engine.failed` | `engine.out-of-memory` */
  run(inputs: Readonly<Record<string, InputTensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

type Runtime = typeof onnxruntime;

export interface OnnxSessionOptions {
  readonly native: Pick<NativeCache, 'unpack'>;
  /** How many cores it may keep busy. */
  readonly cores: number;
}

/** More threads cost memory and gain nothing on a 512 px image. */
const MAX_THREADS = 16;

/**
 * Loads a model file on this machine's CPU.
 *
 * @throws WorkerError `native.unavailable` | `model.unusable` | `engine.out-of-memory`
 */
export async function openSession(path: string, { native, cores }: OnnxSessionOptions): Promise<OnnxSession> {
  const runtime = await loadRuntime(native);
  const options = { intraOpNumThreads: Math.min(MAX_THREADS, cores), executionProviders: ['cpu'] };
  const session = await runtime.InferenceSession.create(path, options).catch((thrown: unknown) => {
    throw loadFailure({ text: withoutPath(errorChain(thrown)), cause: thrown }, ONNX);
  });
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    run: async (inputs) => {
      const feeds = Object.entries(inputs).map(([name, input]) => [name, tensorOf(runtime, input)] as const);
      try {
        const results = Object.entries(await session.run(Object.fromEntries(feeds)));
        return Object.fromEntries(results.map(([name, { data, dims }]) => [name, { data: floats(data), dims }]));
      } catch (thrown) {
        throw runFailure({ text: errorChain(thrown), cause: thrown });
      }
    },
    [Symbol.asyncDispose]: () => session.release(),
  };
}

const ONNX = { format: 'ONNX', hint: 'Offer the model with a file of role `model` that is a whole .onnx file.' };
/** Where this worker keeps its models is nobody's business who only reads of a failed job. */
const PLACE = /Load model from .+ failed: ?/;
export const withoutPath = (text: string): string => text.replace(PLACE, '');

const tensorOf = (runtime: Runtime, { data, dims }: InputTensor): onnxruntime.Tensor =>
  data instanceof Float32Array ? new runtime.Tensor('float32', data, dims) : new runtime.Tensor('int64', data, dims);

const floats = (data: unknown): Float32Array => (data instanceof Float32Array ? data : new Float32Array());

async function loadRuntime(native: Pick<NativeCache, 'unpack'>): Promise<Runtime> {
  const folder = await native.unpack('ort');
  try {
    return await import('onnxruntime-node');
  } catch (thrown) {
    throw libraryFailure('ONNX Runtime', thrown, folder);
  }
}

/** Whether a checkout has the runtime for this system. Nothing is loaded. */
export function runtimeInstalled(): boolean {
  try {
    const entry = Bun.fileURLToPath(import.meta.resolve('onnxruntime-node'));
    const bin = join(entry, '..', '..', 'bin', 'napi-v6', process.platform, process.arch);
    return existsSync(join(bin, 'onnxruntime_binding.node'));
  } catch {
    return false; // the package is not there at all
  }
}
