import { SECOND_MS } from '../../base/units.ts';
import type { VulkanDevice } from '../../system/native/vulkan-devices.ts';
import { type AskProgram, createAskProgram } from '../../system/process/ask-program.ts';
import type { ChildEnvironment } from '../../system/process/child.ts';
import { childEnvironment, processVariables, ownCommand } from '../../system/process/processes.ts';
import { runProgram } from '../../system/process/programs.ts';
import type { Effects } from '../effects.ts';

/** Drivers take their time to start. */
const ANSWERS_WITHIN_MS = 10 * SECOND_MS;

/**
 * Asks a child of this program what Vulkan lists, until it has answered once: devices do not come and go. Undefined when it
 * gives no answer, as when a driver crashes in it.
 */
export function askVulkan(ask: AskProgram, env: ChildEnvironment): () => Promise<readonly VulkanDevice[] | undefined> {
  let asked: Promise<readonly VulkanDevice[] | undefined> | undefined;
  async function list(): Promise<readonly VulkanDevice[] | undefined> {
    const command = [...ownCommand(), '__vulkan'];
    // Not started, or too slow: no answer, which the next call asks for again.
    const answer = await ask(command, { env, limitMs: ANSWERS_WITHIN_MS }).catch(() => undefined);
    if (answer?.end.is === 'exited' && answer.end.code === 0) {
      const { readVulkanDevices } = await import('../../system/native/vulkan-devices.ts');
      return readVulkanDevices(answer.output);
    }
    asked = undefined;
    return undefined;
  }
  return () => (asked ??= list());
}

/** The same for a command that starts no engine. */
export const askVulkanOnce = ({ clock }: Pick<Effects, 'clock'>): Promise<readonly VulkanDevice[] | undefined> =>
  askVulkan(createAskProgram(runProgram, clock), childEnvironment(processVariables()))();
