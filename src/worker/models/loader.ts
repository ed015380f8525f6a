import { GIB } from '../../base/units.ts';
import { writeJson } from '../../contract/json.ts';
import type { Task } from '../../contract/tasks/index.ts';
import type { LoadedModel } from '../../engines/engine.ts';
import type { Job } from '../../jobs/job.ts';
import type { ModelOfJob, ModelProvider } from '../../jobs/run-deps.ts';
import type { HostShare } from '../../models/memory/evict.ts';
import { fitsMemory } from '../../models/memory/fit.ts';
import { marginGb, type MemoryKind, memoryOfKind } from '../../models/memory/gpu-memory.ts';
import type { LoadRequest } from '../../models/loaded/entry.ts';
import type { ModelPool } from '../../models/loaded/pool.ts';
import type { Files } from '../../system/disk/files.ts';
import { hostNeedGb } from '../rules/main-memory.ts';
import type { MemoryAdmission } from '../rules/memory-admission.ts';

export interface ModelLoaderOptions {
  readonly pool: Pick<ModelPool<LoadedModel>, 'withModel'>;
  readonly admission: Pick<MemoryAdmission, 'verdictOn' | 'hostVerdictOn'>;
  readonly files: Pick<Files, 'stat'>;
  /** Whether this machine has a GPU that reports its memory. */
  readonly hasGpu: () => boolean;
}

/** What of a job decides which model is loaded, and how much memory it takes. */
export interface Recipe extends Pick<Job, 'model' | 'source' | 'vramGbEstimate'> {
  /** Undefined while it is preloaded for any job. */
  readonly task: Task | undefined;
}

/** A recipe, what runs it and on which files. */
export interface RecipeOnDisk extends Omit<ModelOfJob, 'job'> {
  readonly job: Recipe;
}

export interface ModelLoader extends ModelProvider {
  /** What to ask the pool for: the model that a job of this recipe runs on. */
  requestFor(onDisk: RecipeOnDisk): Promise<LoadRequest<LoadedModel>>;
}

/** Weights take a little more in memory than on the disk: buffers, and what a library makes of them. */
const MEMORY_PER_WEIGHT = 1.2;

/** Gives jobs the models of the pool. */
export function createModelLoader(options: ModelLoaderOptions): ModelLoader {
  const requestFor: ModelLoader['requestFor'] = async (onDisk) => {
    const { engine, files, how, job: recipe } = onDisk;
    const weights = await weightsOf(files, options.files);
    const weightsGb = (weights.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / GIB) * MEMORY_PER_WEIGHT;
    const kind: MemoryKind = engine.memory === 'gpu' && options.hasGpu() ? 'gpu' : 'ram';
    const device = kind === 'gpu' ? how.device : undefined;
    const { model, task, vramGbEstimate, source } = recipe;
    const gb = kind === 'gpu' ? vramGbEstimate || weightsGb : weightsGb;
    return {
      engine: engine.id,
      model,
      source,
      key: writeJson({ weights, defaults: files.defaults, how: { lean: how.lean } }),
      kind,
      device,
      gb,
      fits: (report, loaded) =>
        kind === 'gpu' && task !== undefined
          ? options.admission.verdictOn(
              { model, task, vramGbEstimate, modelSource: source },
              { report, loaded, minGb: weightsGb, device },
            )
          : fitsMemory({
              estimateGb: gb,
              learned: undefined,
              gpus: memoryOfKind(report, kind),
              loaded,
              marginGb: marginGb(report, kind),
            }),
      host: kind === 'gpu' ? hostShare(source, options.admission) : undefined,
      load: async (signal) => await loadHeld(onDisk, signal),
    };
  };
  return {
    requestFor,
    withModel: async (onDisk, signal, use) => await options.pool.withModel(await requestFor(onDisk), signal, use),
  };
}

/** For a model that keeps its weights in the memory of the machine while it computes on a GPU. */
function hostShare(source: Job['source'], admission: Pick<MemoryAdmission, 'hostVerdictOn'>): HostShare | undefined {
  const gb = hostNeedGb(source);
  const unmeasured = { is: 'unknown', because: 'it keeps nothing in the memory of the machine' } as const;
  const fits: HostShare['fits'] = (report, loaded) => admission.hostVerdictOn(source, { report, loaded }) ?? unmeasured;
  return gb === undefined ? undefined : { gb, fits };
}

/** What distinguishes one state of a file from another without reading it. The store has verified it against its digest. */
async function weightsOf({ paths, loras }: RecipeOnDisk['files'], files: Pick<Files, 'stat'>) {
  const others = loras.filter((path) => path !== paths.get('lora')).map((path) => ['lora', path] as const);
  const facts = [...paths, ...others].map(async ([role, path]) => {
    const { sizeBytes = 0, modifiedAt = 0 } = (await files.stat(path)) ?? {};
    return { role, path, sizeBytes, modifiedAt };
  });
  return await Promise.all(facts);
}

/** A loaded model that keeps the files of its job held, so that nobody removes them while it is in memory. */
async function loadHeld({ engine, files, how }: RecipeOnDisk, signal: AbortSignal): Promise<LoadedModel> {
  await using undo = new AsyncDisposableStack();
  undo.use(await files.hold());
  const model = undo.use(await engine.load(files, signal, how));
  const held = undo.move();
  return {
    get process() {
      return model.process;
    },
    get ranOn() {
      return model.ranOn;
    },
    where: model.where,
    run: (task, context) => model.run(task, context),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
