import type { RejectCode } from './frames/outbound.ts';

/** Why an offer is rejected. The texts are read by studios that know no codes: byte for byte part of the contract. */
export interface Rejection {
  readonly code: RejectCode;
  readonly reason: string;
}

/** Every way to reject an offer (studio contract: the studio matches code and text). */
export const REJECTIONS = {
  paused: { code: 'paused', reason: 'worker paused by operator' },
  inUse: { code: 'paused', reason: 'only when idle: the person is using this computer' },
  /** Studios read the code; a person reads in the text no more than is known. */
  presenceUnknown: { code: 'paused', reason: 'only when idle: whether a person is using this computer is not known' },
  busy: { code: 'busy', reason: 'worker already has an in-flight job' },
} as const satisfies Record<string, Rejection>;
