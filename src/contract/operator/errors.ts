import * as v from 'valibot';

/** Error codes of the operator API with the status each travels under. */
export const OPERATOR_ERRORS = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  'method-not-allowed': 405,
  conflict: 409,
  'limit-reached': 409,
  'too-large': 413,
  'rate-limited': 429,
  internal: 500,
} as const;
export type OperatorErrorCode = keyof typeof OPERATOR_ERRORS;
/** Body of every answer that is not 2xx. `error` is a plain string so that a newer studio's codes still parse. */
export const OperatorErrorSchema = v.object({ error: v.string(), message: v.string() });
