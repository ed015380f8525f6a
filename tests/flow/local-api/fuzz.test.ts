import { describe, expect, setDefaultTimeout, test } from 'bun:test';
import * as fc from 'fast-check';
import { ApiErrorSchema } from '../../../src/local-api/contract/common.ts';
import type { Route } from '../../../src/local-api/contract/route.ts';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import { UNSERVED_ROUTES } from '../../../src/local-api/contract/routes/unserved.ts';
import * as v from 'valibot';
import { ScriptedEngine } from '../../fakes/engines/scripted-engine.ts';
import { TEST_MS } from '../wait-for.ts';
import { type Answer, setupApi } from './scene.ts';

setDefaultTimeout(TEST_MS);

const OpenAiErrorSchema = v.object({ error: v.object({ message: v.string(), type: v.string(), code: v.string() }) });

const routes = ROUTE_NAMES.filter((name) => !(name in UNSERVED_ROUTES)).map((name): readonly [string, Route] => [
  name,
  ROUTES[name],
]);
const withBody = routes.filter(([, { request }]) => request !== undefined);
const withId = routes.filter(([, { path }]) => path.includes(':id'));
const withQuery = routes.filter(([, { query }]) => query !== undefined);

/** Whether it went well, or was refused in the shape that its route has. 500 and above would be our fault. */
function expectRefusal({ status, body }: Answer, { path }: Route): void {
  expect(status).toBeLessThan(500);
  if (status >= 400) v.parse(path.startsWith('/v1/') ? OpenAiErrorSchema : ApiErrorSchema, body);
}

const RUNS = { numRuns: 25 };

describe('whatever is sent', () => {
  test.each(withBody)('%s answers or refuses, and never fails', async (_name, route) => {
    await using at = await setupApi({ engines: [new ScriptedEngine()] });
    const path = route.path.replace(':id', 'job-1');
    const body = fc.oneof(fc.json(), fc.string());
    await fc.assert(
      fc.asyncProperty(body, async (text) => {
        // A request of the commands may stop the worker; which one it is, is the business of its own tests.
        fc.pre(!/"ask"/.test(text));
        expectRefusal(await at.ask(path, { method: route.method, body: text }), route);
      }),
      RUNS,
    );
    expect((await at.ask('/healthz')).status).toBe(200);
  });

  test.each(withId)('%s takes any text for an id', async (_name, route) => {
    await using at = await setupApi({ engines: [new ScriptedEngine()] });
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, unit: 'grapheme' }), async (id) => {
        const path = route.path.replace(':id', () => encodeURIComponent(id).replaceAll('.', '%2E'));
        const answer = await at.ask(path, { method: route.method });
        expectRefusal(answer, route);
        expect(answer.status).toBeGreaterThanOrEqual(400);
      }),
      RUNS,
    );
  });

  test.each(withQuery)('%s takes any query', async (_name, route) => {
    await using at = await setupApi({ engines: [new ScriptedEngine()] });
    const name = fc.oneof(fc.constantFrom('after', 'source'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string())), async (pairs) => {
        expectRefusal(await at.ask(`${route.path}?${new URLSearchParams(pairs.map((pair) => [...pair]))}`), route);
      }),
      RUNS,
    );
  });

  test('a path that is not well encoded is refused', async () => {
    await using at = await setupApi();
    expect(await at.ask('/jobs/%E0%A4%A/log')).toMatchObject({ status: 400, body: { error: 'bad_request' } });
  });
});
