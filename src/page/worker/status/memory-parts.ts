import type { ApiLoadedModel, LiveStatus } from '../../../local-api/contract/status.ts';
import { gib } from '../../format.ts';
import type { MemoryPart } from '../../kit/charts/charts.tsx';
import { STATUS } from '../../words/status.ts';

/** The memory that models are in, as the bar and its legend show it. Amounts in GiB. */
export interface MemoryView {
  /** Of the GPU, or undefined where models are in the memory of the machine. */
  readonly gpu: string | undefined;
  readonly total: number;
  /** Undefined where the driver does not report it. */
  readonly free: number | undefined;
  readonly parts: readonly (MemoryPart & { readonly model?: ApiLoadedModel })[];
  /** The whole in one sentence. */
  readonly sentence: string;
}

type Memory = LiveStatus['memory'];

/** A model's colour by its place; from the fifth on they share the last one. */
const PLACES = [1, 2, 3, 4] as const;
/** What is left over by rounding is no other program. */
const MIN_OTHER_GB = 0.05;

/**
 * One of each GPU, and one of the machine's own memory where models are in there: without a GPU, or beside several. Empty
 * until the drivers have answered.
 */
export function memoryViews(memory: Memory): readonly MemoryView[] {
  const { gpus, ram, models } = memory;
  const [only] = gpus;
  const ofRam = (held: Memory['models']) =>
    viewsOf({ gpu: undefined, total: ram.totalGb, free: ram.freeGb, models: held });
  if (only === undefined) return ofRam(models);
  if (gpus.length === 1) return viewsOf({ ...sizeOf(only), gpu: only.name, models });
  const unplaced = models.filter(({ gpu }) => !gpus.some(({ label }) => label === gpu));
  return [
    ...gpus.flatMap((gpu) => {
      const own = models.filter((model) => model.gpu === gpu.label);
      return viewsOf({ ...sizeOf(gpu), gpu: gpu.label, what: gpu.label, models: own });
    }),
    ...(unplaced.length === 0 ? [] : ofRam(unplaced)),
  ];
}

const sizeOf = ({ totalGb, freeGb }: Memory['gpus'][number]) => ({ total: totalGb, free: freeGb ?? undefined });

interface Held extends Pick<MemoryView, 'gpu' | 'total' | 'free'> {
  /** What the sentence calls it; by what kind of memory it is when left out. */
  readonly what?: string;
  readonly models: Memory['models'];
}

/** None of a memory whose size is not known. */
function viewsOf(held: Held): readonly MemoryView[] {
  const { gpu, total, free, models, what = gpu === undefined ? STATUS.memory.ram : STATUS.memory.title } = held;
  if (total <= 0) return [];
  const parts: MemoryView['parts'] = [...models.map(partOf), ...others(held)];
  const texts = parts.map(({ name, amount }) => STATUS.memory.part(name, gib(amount)));
  if (free !== undefined) texts.push(STATUS.memory.freePart(gib(free)));
  return [{ gpu, total, free, parts, sentence: STATUS.memory.sentence(what, texts) }];
}

const partOf = (model: ApiLoadedModel, index: number): MemoryView['parts'][number] => ({
  name: model.model,
  amount: model.gb,
  part: model.state === 'loading' ? 'next' : (PLACES[index] ?? 4),
  model,
});

/** What neither is free nor a model's. */
function others({ models, total, free }: Held): readonly MemoryPart[] {
  if (free === undefined) return [];
  const ours = models.filter(({ state }) => state !== 'loading').reduce((sum, { gb }) => sum + gb, 0);
  const amount = total - free - ours;
  return amount < MIN_OTHER_GB ? [] : [{ name: STATUS.memory.others, amount, part: 'other' }];
}

/** Of the whole, what is taken; undefined where nobody knows. */
export const inUse = ({ total, free }: MemoryView): number | undefined =>
  free === undefined ? undefined : total - free;
