import type * as v from 'valibot';
import { OperatorErrorSchema } from '../../../contract/operator/errors.ts';
import { writeJson } from '../../../contract/json.ts';
import { type OperatorRoute, pathTo } from '../../../contract/operator/routes.ts';
import { readJson } from '../../../contract/read.ts';
import { API_PREFIX } from '../../../contract/routes.ts';
import type { Browser } from '../../browser/browser.ts';
import type { Called } from '../../live/call.ts';

/** One question to the operator API. */
export interface Question {
  readonly route: OperatorRoute;
  /** Of what it is about. */
  readonly id?: string;
  readonly query?: URLSearchParams;
  readonly body?: unknown;
}

/** Asks the studio for what reads by this schema. Never throws: what may go wrong is in the answer. */
export async function ask<Schema extends v.GenericSchema>(
  browser: Pick<Browser, 'request'>,
  question: Question,
  schema: Schema,
): Promise<Called<v.InferOutput<Schema>>> {
  const exchanged = await exchange(browser, question);
  if (exchanged.is !== 'answered') return exchanged;
  const read = readJson(schema, exchanged.answer);
  // A studio of another release may answer what this page cannot read: that is no answer.
  return read.is === 'read' ? { is: 'answered', answer: read.value } : refusal(0, read.problem);
}

/** Has the studio do something that it answers with nothing. */
export const tell = (browser: Pick<Browser, 'request'>, question: Question): Promise<Called<string>> =>
  exchange(browser, question);

/** The text of a good answer. */
async function exchange(browser: Pick<Browser, 'request'>, question: Question): Promise<Called<string>> {
  const { route, id, query, body } = question;
  const path = pathTo(route, id);
  try {
    const response = await browser.request(API_PREFIX + (query === undefined ? path : `${path}?${query}`), {
      method: route.method,
      ...(body !== undefined && { body: writeJson(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (response.ok) return { is: 'answered', answer: text };
    const read = readJson(OperatorErrorSchema, text);
    return refusal(response.status, read.is === 'read' ? read.value.message : `HTTP ${response.status}`);
  } catch {
    return { is: 'unreachable' };
  }
}

const refusal = (status: number, message: string): Called<never> => ({
  is: 'refused',
  status,
  error: `http_${status}`,
  message,
  body: undefined,
});
