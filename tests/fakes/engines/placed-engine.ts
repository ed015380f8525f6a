import { type GpuDevice, gpuId } from '../../../src/base/gpu-device.ts';
import type { Engine, LoadedModel, ModelFiles } from '../../../src/engines/engine.ts';
import type { LoadOptions } from '../../../src/engines/load-options.ts';
import { READY } from '../../../src/engines/readiness.ts';
import type { TaskResult } from '../../../src/engines/result.ts';

/** One run of a placed engine, under way until the test ends it. */
export interface PlacedRun {
  readonly model: string;
  /** The id of the GPU that its model was loaded on; undefined where the engine chose. */
  readonly on: string | undefined;
  readonly finish: () => void;
}

/** An engine for GPUs that keeps each model in a process of its own, and writes down where it was loaded and ran. */
export class PlacedEngine implements Engine {
  readonly id = 'gradio';
  readonly models = { llm: ['any'] };
  readonly memory = 'gpu';
  readonly canRunLean = false;
  /** Each load, in order: its model and the id of its GPU. */
  readonly loads: (readonly [model: string, on: string | undefined])[] = [];
  /** The models in memory now: what there is on each GPU. */
  readonly inMemory = new Map<LoadedModel, readonly [model: string, on: string | undefined]>();
  /** Called when a model was loaded or freed. */
  onChange: () => void = () => {};
  readonly #runs: PlacedRun[] = [];
  #pids = 1_000_000; // of no process of this machine
  #awaited: (() => void) | undefined;

  readiness() {
    return Promise.resolve(READY);
  }

  load({ model }: ModelFiles, _signal: AbortSignal, { device }: LoadOptions): Promise<LoadedModel> {
    const place = [model, idOf(device)] as const;
    this.loads.push(place);
    const ended = Promise.withResolvers<void>();
    const loaded: LoadedModel = {
      process: { pid: (this.#pids += 1), ended: ended.promise },
      ranOn: 'cuda',
      where: undefined,
      run: (_task, { signal }) => this.#run(place, signal),
      [Symbol.asyncDispose]: () => {
        this.inMemory.delete(loaded);
        this.onChange();
        ended.resolve();
        return Promise.resolve();
      },
    };
    this.inMemory.set(loaded, place);
    this.onChange();
    return Promise.resolve(loaded);
  }

  /** The runs under way, in the order in which they began, once there are so many. */
  async untilRunning(count: number): Promise<readonly PlacedRun[]> {
    while (this.#runs.length < count) {
      await new Promise<void>((resolve) => (this.#awaited = resolve));
    }
    return [...this.#runs];
  }

  #run([model, on]: readonly [string, string | undefined], signal: AbortSignal): Promise<TaskResult> {
    const { promise, resolve, reject } = Promise.withResolvers<TaskResult>();
    const end = (): void => void this.#runs.splice(this.#runs.indexOf(run), 1);
    const run: PlacedRun = {
      model,
      on,
      finish() {
        end();
        resolve({ is: 'json', value: { text: 'done' } });
      },
    };
    const onAbort = (): void => {
      end();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#runs.push(run);
    this.#awaited?.();
    return promise;
  }
}

const idOf = (device: GpuDevice | undefined): string | undefined => device && gpuId(device);
