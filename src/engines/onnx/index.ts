import { WorkerError } from '../../base/errors.ts';
import type { TaskOf } from '../../contract/tasks/index.ts';
import type { Engine } from '../engine.ts';
import type { EngineHost } from '../host/host.ts';
import { loadHosted } from '../host/loaded.ts';
import type { Inputs } from '../host/inner.ts';
import type { FetchInput } from '../media/inputs.ts';
import { runtimeReadiness } from '../onnx-runtime.ts';
import { assertSizeFits } from './result-size.ts';
import { assertKind } from '../failures.ts';
import { modelFileOf } from '../model-file.ts';

export interface OnnxEngineOptions {
  readonly host: EngineHost;
  readonly fetchInput: FetchInput;
  /** Whether this build brings the native runtime. */
  readonly hasRuntime: () => Promise<boolean>;
}

/** The task's fields, and what people call what is there. */
const INPUTS = [
  ['initImageUrl', 'init image'],
  ['maskUrl', 'mask'],
] as const;
/** Object removal by LaMa models: what a mask covers of an image is filled in from its surroundings. */
export function createOnnxEngine({ host, fetchInput, hasRuntime }: OnnxEngineOptions): Engine {
  return {
    id: 'onnx',
    models: { image: ['onnx:*'] },
    memory: 'none', // it runs on the CPU
    canRunLean: false,
    readiness: async () => runtimeReadiness(await hasRuntime()),
    load: async (files, signal, { device }) => {
      signal.throwIfAborted();
      modelFileOf('onnx', files.paths);
      return await loadHosted(host, { engine: 'onnx', files, device }, signal, async (model, task, context) => {
        assertKind(task, 'image', 'onnx');
        assertSizeFits({ width: task.width ?? 0, height: task.height ?? 0 });
        const inputs = await fetchBoth(task, fetchInput, context.signal);
        return await model.run(task, inputs, context);
      });
    },
  };
}

/** Both are named before either is fetched, and both are fetched at once. */
async function fetchBoth(task: TaskOf<'image'>, fetchInput: FetchInput, signal: AbortSignal): Promise<Inputs> {
  const needed = INPUTS.map(([field, what]) => ({ field, what, url: urlOf(task, field) }));
  const fetched = needed.map(async ({ field, what, url }) => [field, await fetchInput(what, url, signal)] as const);
  return new Map(await Promise.all(fetched));
}

function urlOf(task: TaskOf<'image'>, field: 'initImageUrl' | 'maskUrl'): string {
  const url = task[field];
  if (url !== undefined && url !== '') return url;
  throw new WorkerError('task.input-missing', `the onnx engine needs ${field} to remove something from an image`, {
    hint: `Create the job with ${field}.`,
  });
}
