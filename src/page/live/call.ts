import * as v from 'valibot';
import { ApiErrorSchema } from '../../local-api/contract/common.ts';
import { type ApiAnswer, type ApiRequest, type RouteName, ROUTES } from '../../local-api/contract/routes.ts';
import type { Route } from '../../local-api/contract/route.ts';
import type { Browser } from '../browser/browser.ts';

/** What came of asking the worker. */
export type Called<Answer> =
  | { readonly is: 'answered'; readonly answer: Answer }
  /** The worker said no, and why. */
  | {
      readonly is: 'refused';
      readonly status: number;
      readonly error: string;
      readonly message: string;
      /** The whole of it; some refusals say more. */
      readonly body: unknown;
    }
  /** Nobody answered. */
  | { readonly is: 'unreachable' };

/** Why there is no answer. */
export type FailedCall = Exclude<Called<unknown>, { readonly is: 'answered' }>;

export interface CallOptions<Name extends RouteName> {
  /** Values of the `:name` parts of the path. */
  readonly params?: Readonly<Record<string, string>>;
  readonly body?: ApiRequest<Name>;
}

/** Asks the worker. Never throws: what may go wrong is in the answer. */
export async function call<Name extends RouteName>(
  browser: Pick<Browser, 'request'>,
  name: Name,
  { params = {}, body }: CallOptions<Name> = {},
): Promise<Called<ApiAnswer<Name>>> {
  const route: Route = ROUTES[name];
  try {
    const response = await browser.request(pathOf(route.path, params), {
      method: route.method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) return refusalOf(response.status, answer);
    return isAnswer(name, answer) ? { is: 'answered', answer } : refusalOf(response.status, undefined);
  } catch {
    return { is: 'unreachable' };
  }
}

const pathOf = (path: string, params: Readonly<Record<string, string>>): string =>
  path.replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

function refusalOf(status: number, answer: unknown): Called<never> {
  const read = v.safeParse(ApiErrorSchema, answer);
  const { error, message } = read.success ? read.output : { error: `http_${status}`, message: `HTTP ${status}` };
  return { is: 'refused', status, error, message, body: answer };
}

/** A worker of another release may answer what this page cannot read: that is no answer. */
function isAnswer<Name extends RouteName>(name: Name, answer: unknown): answer is ApiAnswer<Name> {
  const route: Route = ROUTES[name];
  return route.answer.is === 'json' && v.is(route.answer.schema, answer);
}
