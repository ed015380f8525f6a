import type * as v from 'valibot';
import { MIB } from '../../base/units.ts';

/** Who may use a route: `anyone` on this machine, programs with the `bearer` token, or these and the `page`'s cookie. */
export type RouteAccess = 'anyone' | 'bearer' | 'page';

/** What a route answers when all went well. */
export type Answer =
  | { readonly is: 'json'; readonly schema: v.GenericSchema }
  /** Server-sent events; each `data` is JSON and reads as `ApiEventSchema`. */
  | { readonly is: 'events' }
  | { readonly is: 'bytes'; readonly type: string }
  | { readonly is: 'text'; readonly type: string };

/** One method on one path. Server, clients and the OpenAPI document are made from it. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** `:name` stands for one segment. */
  readonly path: `/${string}`;
  readonly access: RouteAccess;
  /** One sentence, for people. */
  readonly summary: string;
  /** A longer body is refused with 413; absent on routes that read none. */
  readonly maxBodyBytes?: number;
  readonly request?: v.GenericSchema;
  readonly query?: v.GenericSchema;
  readonly answer: Answer;
  /** 200 when left out. */
  readonly status?: 200 | 201 | 202 | 204;
  /** What else may come: codes of errors by status. Those of the guard may come on every route. */
  /** What an error carries beside its code and message, where it does. */
  readonly refusal?: v.GenericSchema;
  readonly errors?: Readonly<Record<number, readonly string[]>>;
}

/** Bodies of settings and small requests. */
export const MAX_BODY_BYTES = MIB;

/** Shorthand for routes that answer JSON. */
export const json = <const Schema extends v.GenericSchema>(
  schema: Schema,
): { readonly is: 'json'; readonly schema: Schema } => ({
  is: 'json',
  schema,
});
