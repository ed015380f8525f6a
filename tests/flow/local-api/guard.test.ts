import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import { MAX_BODY_BYTES, type Route } from '../../../src/local-api/contract/route.ts';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import { TEST_MS } from '../wait-for.ts';
import { type Answer, answerOf, setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const all: readonly Route[] = ROUTE_NAMES.map((name) => ROUTES[name]);
const nameOf = ({ method, path }: Route): string => `${method} ${path}`;

/** What a route said, by its method and path. */
async function answersOf(
  routes: readonly Route[],
  headers: Readonly<Record<string, string>>,
  bodyOf: (route: Route) => Uint8Array<ArrayBuffer> | undefined = () => undefined,
): Promise<Record<string, string>> {
  await using at = await setupApi();
  const answers: Record<string, string> = {};
  for (const route of routes) {
    const withToken = headers['authorization'] === '' ? {} : { authorization: `Bearer ${at.api.token}` };
    const body = bodyOf(route);
    const answer = await answerOf(`${at.api.url}${route.path.replace(':id', 'job-1')}`, {
      method: route.method,
      headers: { ...withToken, ...without(headers, 'authorization') },
      ...(body === undefined ? {} : { body }),
    });
    answers[nameOf(route)] = `${answer.status} ${codeOf(answer)}`;
  }
  expect(await at.ask('/healthz')).toMatchObject({ status: 200 });
  return answers;
}

/** Routes of OpenAI's shape have their code a level deeper. */
const codeOf = ({ text }: Answer): string => /"(?:error|code)":"(\w+)"/.exec(text)?.[1] ?? '';
const without = ({ ...headers }: Readonly<Record<string, string>>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([key, value]) => key !== name || value !== ''));

const every = (routes: readonly Route[], answer: string): Record<string, string> =>
  Object.fromEntries(routes.map((route) => [nameOf(route), answer]));

const guarded = all.filter(({ access }) => access !== 'anyone');
const withBody = all.filter(({ method }) => method !== 'GET');

describe('over real HTTP', () => {
  test('every route but probes and the exchange of a code wants a token', async () => {
    expect(await answersOf(guarded, { authorization: '' })).toEqual(every(guarded, '401 unauthorized'));
  });

  test('a wrong token opens no route', async () => {
    expect(await answersOf(guarded, { authorization: 'Bearer nope' })).toEqual(every(guarded, '401 unauthorized'));
  });

  test('no route answers to the name of a foreign host', async () => {
    expect(await answersOf(all, { host: 'evil.example:4787' })).toEqual(every(all, '403 forbidden_host'));
  });

  test('no route answers a page of a foreign origin, or of none', async () => {
    expect(await answersOf(all, { origin: 'https://evil.example' })).toEqual(every(all, '403 forbidden_origin'));
    expect(await answersOf(all, { origin: 'null' })).toEqual(every(all, '403 forbidden_origin'));
  });

  test('no route reads a body that is larger than it takes', async () => {
    const answers = await answersOf(
      withBody,
      {},
      ({ maxBodyBytes = MAX_BODY_BYTES }) => new Uint8Array(maxBodyBytes + 1),
    );
    expect(answers).toEqual(every(withBody, '413 too_large'));
  });
});

test('a body without a length is cut off where it grows too large', async () => {
  await using at = await setupApi();
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(256 * 1024)),
  });
  const response = await fetch(`${at.api.url}/page/session`, { method: 'POST', body });
  expect({ status: response.status, body: await response.json() }).toMatchObject({
    status: 413,
    body: { error: 'too_large' },
  });
});

test('an unknown path answers 404, a wrong method 405', async () => {
  await using at = await setupApi();
  expect(await at.ask('/nope')).toMatchObject({ status: 404, body: { error: 'not_found' } });
  const wrong = await at.ask('/jobs', { method: 'DELETE' });
  expect(wrong).toMatchObject({ status: 405, body: { error: 'method_not_allowed' } });
  expect(wrong.headers.get('allow')).toBe('GET');
});
