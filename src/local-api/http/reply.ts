import { ERROR_CODES, type ErrorCode, errorChain, toWorkerError } from '../../base/errors.ts';
import { writeJson } from '../../contract/json.ts';
import type { ApiError } from '../contract/common.ts';

/** On every answer: it is nobody else's to frame, sniff, keep or embed. */
export const SAFE_HEADERS = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
} as const;

type HeaderList = Readonly<Record<string, string>>;

/** A JSON response. */
export const jsonReply = (value: unknown, status = 200, headers: HeaderList = {}): Response =>
  new Response(writeJson(value), {
    status,
    headers: { ...SAFE_HEADERS, 'content-type': 'application/json', ...headers },
  });

/** A plain text. */
export const textReply = (text: string): Response =>
  new Response(text, { headers: { ...SAFE_HEADERS, 'content-type': 'text/plain; charset=utf-8' } });

/** An error as JSON. */
export const errorReply = (status: number, error: ApiError, headers: HeaderList = {}): Response =>
  jsonReply(error, status, headers);

/** A failure that ends a request from however deep in its handling. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';
  readonly status: number;
  readonly body: ApiError & Readonly<Record<string, unknown>>;

  constructor(status: number, error: string, message: string, more: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.status = status;
    this.body = { ...more, error, message };
  }
}

/** What is said of something that was thrown; `isForeseen` tells whether it has a name and a remedy. */
export function failureReply(thrown: unknown): { readonly response: Response; readonly isForeseen: boolean } {
  if (thrown instanceof ApiFailure) return { response: jsonReply(thrown.body, thrown.status), isForeseen: true };
  const { code, hint, fields } = toWorkerError(thrown);
  const isForeseen = code !== 'internal';
  const [status, error] = statusOf(code, fields['rule'] === 'memory');
  const message = isForeseen ? errorChain(thrown) : 'the worker failed; its log says why';
  return {
    response: errorReply(status, { error, message, ...(hint === undefined ? {} : { hint }) }, retryAfter(status)),
    isForeseen,
  };
}

const snakeCase = (code: string): string => code.replaceAll(/[.-]/g, '_');

function statusOf(code: ErrorCode, isMemory: boolean): readonly [status: number, error: string] {
  if (code === 'local.unfit' && isMemory) return [409, 'insufficient_memory'];
  return STATUSES[code] ?? [ERROR_CODES[code].acts === 'task' ? 400 : 500, snakeCase(code)];
}

/** A client that is told so asks again by itself. */
const retryAfter = (status: number): HeaderList => (status === 503 ? { 'retry-after': '2' } : {});

/** Failures of a worker that have a status of their own. */
const STATUSES: Readonly<Record<string, readonly [status: number, error: string]>> = {
  'config.not-saved': [500, 'config_not_saved'],
  'config.invalid': [400, 'invalid_config'],
  'cli.usage': [400, 'bad_request'],
  'disk.full': [507, 'disk_full'],
  'local.busy': [503, 'busy'],
  'local.unfit': [409, 'not_possible'],
  'engine.unavailable': [503, 'engine_unavailable'],
  'job.cancelled': [499, 'cancelled'],
  'model.not-found': [404, 'unknown_model'],
  'model.in-use': [409, 'model_in_use'],
  'update.unsupported': [409, 'update_unsupported'],
  'update.refused': [409, 'update_refused'],
  'update.feed-unreadable': [502, 'update_feed_unreadable'],
  'update.not-found': [404, 'update_not_found'],
};
