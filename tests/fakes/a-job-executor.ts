import { WorkerError } from '../../src/base/errors.ts';
import { createRegistry } from '../../src/engines/registry.ts';
import type { JobSlot } from '../../src/jobs/slots/job-slot.ts';
import { createScheduler } from '../../src/jobs/scheduler.ts';
import { createJobExecutor } from '../../src/worker/job-executor.ts';
import { createWorkerEvents, type WorkerEvent } from '../../src/worker/events.ts';
import { heldFiles } from './builders.ts';
import { ScriptedEngine } from './engines/scripted-engine.ts';
import { recordingLogger } from './recording-logger.ts';
import { plainRun } from './run-deps.ts';
import { FakeClock } from './system/fake-clock.ts';

/** Jobs on an engine that ends them when the test says so, and every event of theirs. */
export function aJobExecutor(about: { readonly releaseFails?: boolean; readonly slots?: readonly JobSlot[] } = {}) {
  const clock = new FakeClock();
  const log = recordingLogger();
  const engine = new ScriptedEngine();
  const { slots } = about;
  const scheduler = createScheduler({ clock, ...(slots === undefined ? {} : { slots: () => slots }) });
  const events = createWorkerEvents(log);
  const happened: WorkerEvent[] = [];
  events.subscribe((event) => void happened.push(event));
  const holds = { open: 0 };
  const release = (): Promise<void> => {
    holds.open -= 1;
    return about.releaseFails ? Promise.reject(new WorkerError('internal', 'EACCES')) : Promise.resolve();
  };
  const hold = () => {
    holds.open += 1;
    return { filesFor: () => Promise.resolve(heldFiles), [Symbol.asyncDispose]: release };
  };
  const taken: string[] = [];
  const jobs = createJobExecutor({
    runDeps: { ...plainRun, registry: createRegistry([engine]), clock },
    store: { hold },
    onTaken: ({ model }) => void taken.push(model),
    events,
    clock,
    log,
  });
  return { clock, log, engine, scheduler, happened, holds, taken, jobs };
}
