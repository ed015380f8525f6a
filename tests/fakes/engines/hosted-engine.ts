import type { Engine } from '../../../src/engines/engine.ts';
import type { LoadOptions } from '../../../src/engines/load-options.ts';
import { createEngineHost, type EngineHost, type EngineHostOptions } from '../../../src/engines/host/host.ts';
import { createQuarantine } from '../../../src/engines/host/quarantine.ts';
import { systemClock } from '../../../src/system/clock.ts';
import { childEnvironment, processVariables, spawnIpc } from '../../../src/system/process/processes.ts';
import { recordingLogger } from '../recording-logger.ts';
import { someGpuAccess } from './gpu-access.ts';
import { READY } from '../../../src/engines/readiness.ts';

/** What a job's picture is made of: bytes that came from the child itself. */
const INPUT = new Map([['initImageUrl', Uint8Array.of(1, 2, 3)]]);

export interface HostedEngine extends Engine {
  /** Process ids of its children, in the order in which they were started. */
  readonly pids: () => readonly number[];
  /** How its models were loaded. */
  readonly loads: readonly (LoadOptions | undefined)[];
}

/** Loads models into real children that do what `unruly-child.ts` says of a task's prompt. */
export const unrulyHost = (about: Partial<EngineHostOptions> = {}): EngineHost =>
  createEngineHost({
    spawn: spawnIpc,
    command: [process.execPath, 'tests/fakes/engines/unruly-child.ts', '0'],
    env: childEnvironment(processVariables()),
    gpuAccess: someGpuAccess(),
    clock: systemClock,
    log: recordingLogger(),
    quarantine: createQuarantine(systemClock),
    ...about,
  });

/** An engine whose models live in real children; a task's prompt says what its child does, see `unruly-child.ts`. */
export function hostedEngine(memory: Engine['memory'] = 'none'): HostedEngine {
  const log = recordingLogger();
  const loads: (LoadOptions | undefined)[] = [];
  const host = unrulyHost({ log });
  return {
    id: 'gradio',
    models: { image: ['gradio:*'] },
    memory,
    canRunLean: false,
    readiness: () => Promise.resolve(READY),
    async load(files, signal, how) {
      loads.push(how);
      const model = await host.load({ engine: 'gradio', files, device: how.device }, signal);
      return {
        process: model.process,
        ranOn: model.ranOn,
        where: undefined,
        run: (task, context) => model.run(task, INPUT, context),
        [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
      };
    },
    loads,
    pids: () => log.events.filter(({ event }) => event === 'engine.started').map(({ fields }) => Number(fields['pid'])),
  };
}
