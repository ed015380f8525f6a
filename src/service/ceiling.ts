import { errorChain } from '../base/errors.ts';
import type { MemoryProperties } from '../system/process/memory-scope.ts';
import type { RunStep } from './run-step.ts';
import { UNIT } from './systemd.ts';

/**
 * Gives the running service of systemd another memory ceiling, until it is started next. Gives why it kept the one it had;
 * undefined when it has the new one.
 */
export async function changeCeiling(memory: MemoryProperties, runStep: RunStep): Promise<string | undefined> {
  const properties = Object.entries(memory).map(([name, value]) => `${name}=${value}`);
  return await runStep(['systemctl', '--user', 'set-property', '--runtime', UNIT, ...properties]).then(
    ({ code, lastError }) => (code === 0 ? undefined : lastError || `systemctl exited with code ${code}`),
    errorChain, // there is no such program
  );
}
