import type { LiveConfig } from '../config/store.ts';
import type { Environment } from '../system/environment.ts';
import { type GpuRules, hasRules } from '../system/machine/gpu-rules.ts';
import { gpusUnder } from '../system/machine/gpus.ts';
import { createMachine } from '../system/machine/machine.ts';
import type { Effects } from './effects.ts';

/** What config and environment say about which GPUs may be used. */
const rulesOf = ({ current }: Pick<LiveConfig, 'current'>, { get }: Pick<Environment, 'get'>): GpuRules => ({
  allow: current.allow_gpus ?? [],
  deny: current.deny_gpus ?? [],
  cudaVisible: get('CUDA_VISIBLE_DEVICES'),
  cudaOrder: get('CUDA_DEVICE_ORDER'),
});

/** To which rules were applied: what they left is not judged by them again, as places in a list are others by then. */
const ruled = new WeakSet<Effects['gpus']>();

/** Whether some GPUs may have been left out of this world. */
export const isUnderGpuRules = ({ gpus }: Pick<Effects, 'gpus'>): boolean => ruled.has(gpus);

/** The outside world with only those GPUs in it that may be used, as the config says now; as it is where no rule is set. */
export function underGpuRules<World extends Pick<Effects, 'environment' | 'gpus' | 'machine'>>(
  effects: World,
  config: Pick<LiveConfig, 'current'>,
): World {
  const { environment } = effects;
  const rules = rulesOf(config, environment);
  if (!hasRules(rules) || ruled.has(effects.gpus)) return effects;
  const gpus = gpusUnder(effects.gpus, rules);
  ruled.add(gpus);
  return { ...effects, gpus, machine: createMachine({ environment, gpus }) };
}
