import * as v from 'valibot';
import { toWorkerId } from '../base/ids.ts';
import { CapabilitiesSchema } from './capabilities.ts';
import { type Read, readJson } from './read.ts';

/** `POST /workers/register-request`, unauthenticated. The hash is SHA-256 over the hex text of the secret, in hex. */
export const RegisterRequestSchema = v.object({
  installId: v.string(),
  registrationSecretHash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  capabilities: CapabilitiesSchema,
  userAgent: v.string(),
});
export type RegisterRequest = v.InferInput<typeof RegisterRequestSchema>;

/**
 * Extension: a studio that names this in its answer holds a poll with `Prefer: wait=<seconds>` (RFC 7240 §4.3) open until
 * the operator has decided, or so long.
 */
export const LONG_POLL = 'longPoll';
const Features = v.optional(v.array(v.string()));

export const RegisterAnswerSchema = v.object({
  requestId: v.pipe(v.string(), v.minLength(1)),
  status: v.string(),
  features: Features,
});
export type RegisterAnswer = v.InferOutput<typeof RegisterAnswerSchema>;

const Approved = v.object({
  status: v.literal('approved'),
  workerId: v.pipe(v.string(), v.minLength(1), v.transform(toWorkerId)),
  authToken: v.pipe(v.string(), v.minLength(1)),
});
/** `GET /workers/register-requests/:requestId`. Each poll of an approved request mints a fresh token: never poll again. */
export const PollAnswerSchema = v.variant('status', [
  v.object({ status: v.literal('pending'), features: Features }),
  Approved,
  v.object({ status: v.literal('rejected'), reason: v.optional(v.string(), '') }),
]);
/** A studio's answer about a request, once read. */
export type PollAnswer = v.InferOutput<typeof PollAnswerSchema>;

/** `POST /workers/register`: the way in with an operator's bootstrap token, which our own studio offers. */
export const BootstrapRequestSchema = v.object({
  bootstrapToken: v.string(),
  capabilities: CapabilitiesSchema,
  workerId: v.optional(v.string()),
});
export type BootstrapRequest = v.InferInput<typeof BootstrapRequestSchema>;
export const BootstrapAnswerSchema = v.omit(Approved, ['status']);
export type BootstrapAnswer = v.InferOutput<typeof BootstrapAnswerSchema>;

/** Reads the body of a 2xx answer to each of the three calls. None throws, and no problem echoes a token. */
export const readRegisterAnswer = (text: string): Read<RegisterAnswer> => readJson(RegisterAnswerSchema, text);
export const readPollAnswer = (text: string): Read<PollAnswer> => readJson(PollAnswerSchema, text);
export const readBootstrapAnswer = (text: string): Read<BootstrapAnswer> => readJson(BootstrapAnswerSchema, text);
