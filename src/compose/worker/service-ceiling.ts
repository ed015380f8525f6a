import { memoryProperties } from '../../system/process/memory-scope.ts';
import type { WorkerSetup } from './setup.ts';

/** Gives the running service another memory ceiling whenever `memory_max_gb` changes; its file has it from its next writing. */
export function followCeiling({ config, effects, log }: WorkerSetup): Disposable {
  async function apply(memoryMaxGb: number): Promise<void> {
    // Not before it is needed: most workers run with one ceiling to their end.
    const { systemCommands } = await import('../commands/service.ts');
    const { changeCeiling } = await import('../../service/ceiling.ts');
    const because = await changeCeiling(memoryProperties(memoryMaxGb), systemCommands(effects));
    if (because === undefined) log.logger.info('service.ceiling-changed', { memoryMaxGb });
    else log.logger.warn('service.ceiling-kept', { memoryMaxGb, because });
  }
  const unwatch = config.watch('memory_max_gb', (gib) => void apply(gib));
  return { [Symbol.dispose]: unwatch };
}
