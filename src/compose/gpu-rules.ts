import type { Config } from '../config/schema.ts';
import type { Environment } from '../system/environment.ts';
import { createMachine } from '../system/machine/machine.ts';
import { CUDA_VISIBLE, type GpuRules, gpusUnder, hasRules } from '../worker/placement/gpu-rules.ts';
import type { Effects } from './effects.ts';

/** What of the config is about which GPUs may be used. */
interface GpuConfig {
  readonly current: Pick<Config, 'allow_gpus' | 'deny_gpus'>;
}

/** What config and environment say about which GPUs may be used. */
const rulesOf = ({ current }: GpuConfig, { get }: Pick<Environment, 'get'>): GpuRules => ({
  allow: current.allow_gpus ?? [],
  deny: current.deny_gpus ?? [],
  cudaVisible: get(CUDA_VISIBLE),
  cudaOrder: get('CUDA_DEVICE_ORDER'),
});

/**
 * The outside world with only those GPUs in it that may be used, as the config says now; as it is where no rule is set. What
 * rules have left is not judged by them again: numbers in a list mean other GPUs by then.
 */
export function underGpuRules<World extends Pick<Effects, 'environment' | 'gpus' | 'machine'>>(
  effects: World,
  config: GpuConfig,
): World {
  const { environment } = effects;
  const rules = rulesOf(config, environment);
  if (!hasRules(rules) || effects.gpus.isRestricted === true) return effects;
  const gpus = gpusUnder(effects.gpus, rules);
  return { ...effects, gpus, machine: createMachine({ environment, gpus }) };
}
