import { gpuWithUuid } from '../../base/gpu-device.ts';
import type { Gpu } from '../../system/machine/gpu-text.ts';
import type { DeniedGpu, Gpus } from '../../system/machine/gpus.ts';

/** What the operator says about which GPUs may be used. */
export interface GpuRules {
  /** Empty allows every GPU. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  /** `CUDA_VISIBLE_DEVICES` as it is set for this process; undefined when it is not. */
  readonly cudaVisible: string | undefined;
  /** `CUDA_DEVICE_ORDER`, likewise. */
  readonly cudaOrder: string | undefined;
}

/** The variable by which the environment hides GPUs from CUDA, and so from every engine that uses it. */
export const CUDA_VISIBLE = 'CUDA_VISIBLE_DEVICES';

type Rule = 'deny_gpus' | 'allow_gpus' | typeof CUDA_VISIBLE;

/** The GPUs of a machine, divided by what the operator says. */
export interface RuledGpus {
  readonly allowed: readonly Gpu[];
  readonly denied: readonly DeniedGpu[];
  /** What in the settings cannot be what the operator meant, a sentence each. */
  readonly problems: readonly string[];
}

/** Whether any of them can keep a GPU from being used. */
export const hasRules = ({ allow, deny, cudaVisible }: GpuRules): boolean =>
  allow.length > 0 || deny.length > 0 || cudaVisible !== undefined;

/**
 * Divides GPUs by the rules. A rule names a GPU by its uuid, by the beginning of it, or by a part of its name, in any case;
 * deny wins over allow, and what the environment hides from CUDA is not used in any other way either.
 *
 * @param gpus all of the machine, those of NVIDIA in the order of `nvidia-smi`
 */
export function ruleGpus(gpus: readonly Gpu[], rules: GpuRules): RuledGpus {
  const cuda = cudaVisibility(gpus, rules);
  const isAllowed = (gpu: Gpu): boolean => rules.allow.length === 0 || rules.allow.some((one) => isNamedBy(gpu, one));
  const deniedBy = (gpu: Gpu): Rule | undefined => {
    if (cuda.hidden.has(gpu)) return CUDA_VISIBLE;
    if (rules.deny.some((one) => isNamedBy(gpu, one))) return 'deny_gpus';
    return isAllowed(gpu) ? undefined : 'allow_gpus';
  };
  const denied = gpus.flatMap((gpu) => {
    const by = deniedBy(gpu);
    return by === undefined ? [] : [{ gpu, by }];
  });
  return {
    allowed: gpus.filter((gpu) => deniedBy(gpu) === undefined),
    denied,
    problems: [
      ...unmatched('allow_gpus', rules.allow, gpus),
      ...unmatched('deny_gpus', rules.deny, gpus),
      ...cuda.problems,
    ],
  };
}

/** The same, but for those that the rules keep from being used: for all who ask, they are not there. */
export const gpusUnder = (gpus: Gpus, rules: GpuRules): Gpus => ({
  isRestricted: true,
  async probe() {
    const report = await gpus.probe();
    const { allowed, denied, problems } = ruleGpus(report.gpus, rules);
    const reasons = denied.map(({ gpu, by }) => `${gpuWithUuid(gpu)}: kept from use by ${by}`);
    return { ...report, gpus: allowed, reasons: [...report.reasons, ...reasons], denied, ruleProblems: problems };
  },
});

function isNamedBy({ uuid, name }: Gpu, rule: string): boolean {
  const sought = rule.trim().toLowerCase();
  if (sought === '') return false;
  return uuid?.toLowerCase().startsWith(sought) === true || name.toLowerCase().includes(sought);
}

function unmatched(key: Rule, rules: readonly string[], gpus: readonly Gpu[]): readonly string[] {
  const known = gpus.length === 0 ? 'no GPU was found' : `there are ${gpus.map(gpuWithUuid).join(' and ')}`;
  return rules
    .filter((rule) => !gpus.some((gpu) => isNamedBy(gpu, rule)))
    .map((rule) => `${key} names ${JSON.stringify(rule)}, which is no GPU of this machine; ${known}`);
}

const NOTHING_HIDDEN: ReadonlySet<Gpu> = new Set();

/**
 * What `CUDA_VISIBLE_DEVICES` hides (CUDA programming guide, environment variables): it lists indices as `nvidia-smi` counts
 * them, or uuids of which the beginning is enough, and ends at the first entry that names nothing.
 */
function cudaVisibility(
  gpus: readonly Gpu[],
  { cudaVisible, cudaOrder }: GpuRules,
): { readonly hidden: ReadonlySet<Gpu>; readonly problems: readonly string[] } {
  const nvidia = gpus.filter(({ vendor }) => vendor === 'nvidia');
  if (cudaVisible === undefined || nvidia.length === 0) return { hidden: NOTHING_HIDDEN, problems: [] };
  const entries = cudaVisible.split(',').map((entry) => entry.trim());
  const named = entries.map((entry) => namedByCuda(entry, nvidia));
  const end = named.indexOf(undefined);
  const visible = new Set(end === -1 ? named : named.slice(0, end));
  const isGuess = cudaOrder !== 'PCI_BUS_ID' && new Set(nvidia.map(({ name }) => name)).size > 1;
  return {
    hidden: new Set(nvidia.filter((gpu) => !visible.has(gpu))),
    problems: isGuess && entries.some((entry) => /^\d+$/.test(entry)) ? [ORDER_UNKNOWN] : [],
  };
}

const ORDER_UNKNOWN =
  'CUDA_VISIBLE_DEVICES counts GPUs that differ, which CUDA may order by speed; here they are counted as `nvidia-smi` does. ' +
  'Name them by uuid, or set CUDA_DEVICE_ORDER=PCI_BUS_ID';

/** The beginning of what an instance of a divided GPU is called. */
const INSTANCE = /^MIG-(?:GPU-([0-9a-f-]+)\/)?/i;

function namedByCuda(entry: string, nvidia: readonly Gpu[]): Gpu | undefined {
  if (/^\d+$/.test(entry)) return nvidia[Number(entry)];
  const instance = INSTANCE.exec(entry);
  const uuid = instance?.[1] === undefined ? entry : `GPU-${instance[1]}`;
  // Its own uuid does not say which GPU it is an instance of, and one process uses one instance at most.
  if (instance !== null && instance[1] === undefined) return nvidia[0];
  if (!/^GPU-/i.test(uuid)) return undefined;
  const found = nvidia.filter((gpu) => gpu.uuid?.toLowerCase().startsWith(uuid.toLowerCase()));
  return found.length === 1 ? found[0] : undefined; // what two GPUs begin with names neither
}
