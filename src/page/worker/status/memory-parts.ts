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

/** Undefined until the drivers have answered. */
export function memoryView(memory: Memory): MemoryView | undefined {
  const [gpu] = memory.gpus;
  const total = gpu?.totalGb ?? memory.ram.totalGb;
  if (total <= 0) return undefined;
  const free = gpu === undefined ? memory.ram.freeGb : (gpu.freeGb ?? undefined);
  const parts: MemoryView['parts'] = [...memory.models.map(partOf), ...others(memory, total, free)];
  const texts = parts.map(({ name, amount }) => STATUS.memory.part(name, gib(amount)));
  if (free !== undefined) texts.push(STATUS.memory.freePart(gib(free)));
  const what = gpu === undefined ? STATUS.memory.ram : STATUS.memory.title;
  return { gpu: gpu?.name, total, free, parts, sentence: STATUS.memory.sentence(what, texts) };
}

const partOf = (model: ApiLoadedModel, index: number): MemoryView['parts'][number] => ({
  name: model.model,
  amount: model.gb,
  part: model.state === 'loading' ? 'next' : (PLACES[index] ?? 4),
  model,
});

/** What neither is free nor a model's. */
function others({ models }: Memory, total: number, free: number | undefined): readonly MemoryPart[] {
  if (free === undefined) return [];
  const ours = models.filter(({ state }) => state !== 'loading').reduce((sum, { gb }) => sum + gb, 0);
  const amount = total - free - ours;
  return amount < MIN_OTHER_GB ? [] : [{ name: STATUS.memory.others, amount, part: 'other' }];
}

/** Of the whole, what is taken; undefined where nobody knows. */
export const inUse = ({ total, free }: MemoryView): number | undefined =>
  free === undefined ? undefined : total - free;
