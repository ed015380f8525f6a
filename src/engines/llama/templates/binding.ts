import { createContext, Script } from 'node:vm';
import { WorkerError } from '../../../base/errors.ts';
import { formatDuration, SECOND_MS } from '../../../base/units.ts';
import type { ChatModel } from '../port.ts';

/** A chat of a hundred thousand tokens takes less than one. Counted in CPU time, so that a busy machine changes nothing. */
const RENDERS_WITHIN_MS = 10 * SECOND_MS;

/**
 * Renders chat templates: programs that came with a model. One that loops for ever would hold its job until the process is
 * taken for dead, so it is cut off: by the runtime, since nothing else runs meanwhile.
 *
 * What it returns throws the template's own error, or WorkerError `model.unusable` for a template that was cut off.
 */
export async function loadRenderer(withinMs = RENDERS_WITHIN_MS): Promise<ChatModel['render']> {
  const { Template } = await import('@huggingface/jinja');
  const scope = { render: (): string => '' };
  createContext(scope);
  const script = new Script('render()');
  return (source, variables) => {
    let text = '';
    scope.render = () => (text = new Template(source).render({ ...variables }));
    try {
      script.runInContext(scope, { timeout: withinMs });
    } catch (thrown) {
      throw isCutOff(thrown) ? tooSlow(withinMs, thrown) : thrown;
    }
    return text;
  };
}

const tooSlow = (withinMs: number, cause: unknown): WorkerError =>
  new WorkerError('model.unusable', `it takes longer than ${formatDuration(withinMs)} of CPU time`, { cause });

const isCutOff = (thrown: unknown): boolean =>
  thrown instanceof Error && 'code' in thrown && thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT';
