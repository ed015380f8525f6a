/** Close codes of the session's socket and the error codes paired with them (studio contract). */
export const CLOSE = {
  normal: 1000,
  abnormal: 1006,
  authFailed: 4001,
  protocolViolation: 4002,
  duplicateWorker: 4003,
  workerDeleted: 4004,
} as const;

export const ERROR_FRAME_CODES = [
  'auth_failed',
  'protocol_violation',
  'duplicate_worker',
  'worker_deleted',
  'internal_error',
] as const;
/** Why a studio ends a session. */
export type ErrorFrameCode = (typeof ERROR_FRAME_CODES)[number];

/** The close code a studio sends after each error frame. */
export const CLOSE_CODE_OF: Readonly<Record<ErrorFrameCode, number>> = {
  auth_failed: CLOSE.authFailed,
  protocol_violation: CLOSE.protocolViolation,
  duplicate_worker: CLOSE.duplicateWorker,
  worker_deleted: CLOSE.workerDeleted,
  internal_error: CLOSE.normal,
};

/**
 * Whether a socket closed with this code makes another try pointless: the token is wrong (4001), or another worker took
 * over (4003: reconnecting would evict it, and it us, for ever). 4002 is left out on purpose: the next socket starts a
 * clean conversation; and so is 4004, which ends the registration and not the worker.
 */
export const isFinalClose = (code: number): boolean => code === CLOSE.authFailed || code === CLOSE.duplicateWorker;

/** The sub-protocol both sides name in the upgrade. */
export const SUB_PROTOCOL = 'studio-worker-v1';
