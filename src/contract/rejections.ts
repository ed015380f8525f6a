import type { RejectCode } from './frames/outbound.ts';

/** Why an offer is rejected. The texts are read by studios that know no codes: byte for byte part of the contract. */
export interface Rejection {
  readonly code: RejectCode;
  readonly reason: string;
}

/** Every way to reject an offer but memory (studio contract: the studio matches code and text). */
export const REJECTIONS = {
  paused: { code: 'paused', reason: 'worker paused by operator' },
  inUse: { code: 'paused', reason: 'only when idle: the person is using this computer' },
  /** Studios read the code; a person reads in the text no more than is known. */
  presenceUnknown: { code: 'paused', reason: 'only when idle: whether a person is using this computer is not known' },
  updating: { code: 'busy', reason: 'worker is installing an update' },
  busy: { code: 'busy', reason: 'worker already has an in-flight job' },
} as const satisfies Record<string, Rejection>;

/** The rejection of an estimate above what the operator allows, in GiB: studios that read the text know how it begins. */
export const aboveThreshold = (estimateGb: number, thresholdGb: number): Rejection => ({
  code: 'insufficient_memory',
  reason: `insufficient device memory: estimated at ${estimateGb.toFixed(2)} GiB, and this worker takes up to ${thresholdGb.toFixed(2)} GiB`,
});

/** What an offer lacks, in GiB: of one GPU's memory, or of the machine's own. */
export interface MemoryShortage {
  readonly of: 'device' | 'host';
  readonly needGb: number;
  readonly freeGb: number;
  /** Stays free whatever comes. */
  readonly reserveGb: number;
}

/** The rejection over memory, with its numbers (studio contract, admission). */
export function insufficientMemory({ of, needGb, freeGb, reserveGb }: MemoryShortage): Rejection {
  const [need, free, reserve] = [needGb, freeGb, reserveGb].map((gb) => `${gb.toFixed(2)} GiB`);
  const left = of === 'device' ? 'free' : 'available';
  return {
    code: 'insufficient_memory',
    reason: `insufficient ${of} memory: needs ${need}, ${free} ${left} (${reserve} kept in reserve)`,
  };
}
