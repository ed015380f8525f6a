import { readLimited } from '../../base/bytes.ts';
import type * as v from 'valibot';
import { OPERATOR_ERRORS, type OperatorErrorCode } from '../../contract/operator/errors.ts';
import { MAX_INLINE_IMAGE_BYTES, MAX_JOB_BYTES } from '../../contract/limits.ts';
import { writeJson } from '../../contract/json.ts';
import { readJson } from '../../contract/read.ts';
import { formatBytes, KIB, MIB } from '../../base/units.ts';
import type { WorkerRow } from '../storage/tables/workers.ts';

/** A request on its way through the routes. */
export interface Exchange {
  readonly request: Request;
  readonly url: URL;
  /** What the route's `:names` stand for, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly peer: Peer;
}

/** Who sent a request. */
export interface Peer {
  /** Without a port. */
  readonly address: string;
  /** Turns the request into the worker's socket. The response stands for that, or is the reason why not. */
  upgrade(worker: WorkerRow): Response;
  /** The connection may be idle as long as its answer takes. */
  waitForAnswer(): void;
}

/** One method on one path, and who answers it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the API prefix, such as `/workers/:id/connect`. */
  readonly path: string;
  /** Answers at the root, too: probes do not know the prefix. */
  readonly atRoot?: true | undefined;
  readonly handle: (exchange: Exchange) => Promise<Response> | Response;
}

/** A response that ends a request from however deep in its handling. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly response: Response;

  constructor(response: Response) {
    super(`HTTP ${response.status}`);
    this.response = response;
  }
}

/** A JSON response. */
export const json = (value: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  new Response(writeJson(value), { status, headers: { 'content-type': 'application/json', ...headers } });

/** 204: done, and nothing to return. */
export const nothing = (): Response => new Response(null, { status: 204 });

/** An error as JSON: a code for programs and a message for people. */
export const problem = (
  status: number,
  error: string,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Response => json({ error, message }, status, headers);

/** An error of the operator API with the status that belongs to its code; to be thrown. */
export const refuse = (error: OperatorErrorCode, message: string): Refusal =>
  new Refusal(problem(OPERATOR_ERRORS[error], error, message));

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1). */
export function bearerOf(request: Request): string | undefined {
  const header = request.headers.get('authorization') ?? '';
  return /^Bearer +(\S+)$/i.exec(header)?.[1];
}

/** How long a body may be, and what is said of a longer one. */
interface BodyLimit {
  readonly maxBytes: number;
  readonly tooLarge: string;
}

const limitOf = (maxBytes: number, remedy = ''): BodyLimit => ({
  maxBytes,
  tooLarge: `the body is larger than ${formatBytes(maxBytes)}${remedy}`,
});

/** Bodies from anyone, which are registrations. */
export const ANONYMOUS_BODY = limitOf(256 * KIB);
/** Bodies from the operator. */
export const OPERATOR_BODY = limitOf(MIB);
/** Jobs, which may carry their images with them. */
export const JOB_BODY = limitOf(
  MAX_JOB_BYTES,
  `; the images inside a job may have ${formatBytes(MAX_INLINE_IMAGE_BYTES)} together: name larger ones by URL`,
);

/** Reads a JSON body with a schema, and no more of it than allowed. */
export async function readBody<Schema extends v.GenericSchema>(
  request: Request,
  schema: Schema,
  limit: BodyLimit,
): Promise<v.InferOutput<Schema>> {
  const read = readJson(schema, await readText(request, limit));
  if (read.is === 'unreadable') throw refuse('invalid', read.problem);
  return read.value;
}

async function readText(request: Request, { maxBytes, tooLarge: message }: BodyLimit): Promise<string> {
  const tooLarge = refuse('too-large', message);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge;
  return new TextDecoder().decode(await readLimited(request.body, { maxBytes, tooLarge: () => tooLarge }));
}

/** Reads the query with a schema. A parameter given twice counts once, the last. */
export function readQuery<Schema extends v.GenericSchema>(url: URL, schema: Schema): v.InferOutput<Schema> {
  const read = readJson(schema, JSON.stringify(Object.fromEntries(url.searchParams)));
  if (read.is === 'unreadable') throw refuse('invalid', read.problem);
  return read.value;
}
