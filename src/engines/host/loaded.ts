import type { Task } from '../../contract/tasks/index.ts';
import type { LoadedModel, RunContext } from '../engine.ts';
import type { TaskResult } from '../result.ts';
import type { EngineHost, HostedLoad } from './host.ts';
import type { HostedModel } from './hosted-model.ts';

/** What an engine does around a run in the child: checks the task, fetches its inputs, encodes its result. */
export type RunHosted = (model: HostedModel, task: Task, context: RunContext) => Promise<TaskResult>;

/**
 * Loads a model in a child, as the engine's own. What it reports of itself is the child's, which is another one after a
 * crash.
 *
 * @throws WorkerError as `EngineHost.load`
 */
export async function loadHosted(
  host: EngineHost,
  request: HostedLoad,
  signal: AbortSignal,
  run: RunHosted,
): Promise<LoadedModel> {
  const model = await host.load(request, signal);
  return {
    get process() {
      return model.process;
    },
    get ranOn() {
      return model.ranOn;
    },
    where: request.where,
    run: (task, context) => run(model, task, context),
    [Symbol.asyncDispose]: () => model[Symbol.asyncDispose](),
  };
}
