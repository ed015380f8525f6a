import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { OPERATOR_ROUTES } from '../../../src/contract/operator/routes.ts';
import { SCOPES } from '../../../src/contract/operator/tokens.ts';
import { DASHBOARD_ROUTES } from '../../../src/contract/page/dashboard.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { anLlmTask } from '../../fakes/builders.ts';
import { fakeStudio, type FakeStudio } from '../../fakes/studio/fake-studio.ts';
import { FakeClock } from '../../fakes/system/fake-clock.ts';
import { projectToken } from './project-scene.ts';

/** Every route behind the guard. */
const ROUTES = [...Object.values(OPERATOR_ROUTES), DASHBOARD_ROUTES.overview, DASHBOARD_ROUTES.events];

/** What a token of the project may do beside nothing; every other route is the operator's. */
const OPEN: Readonly<Record<string, string>> = {
  'POST /admin/jobs': 'create',
  'GET /admin/jobs': 'read',
  'GET /admin/jobs/:id': 'read',
  'GET /admin/jobs/:id/artifact': 'read',
  'GET /admin/jobs/:id/attempts': 'read',
  'PATCH /admin/jobs/:id': 'operate',
  'POST /admin/jobs/:id/cancel': 'operate',
  'POST /admin/jobs/:id/retry': 'operate',
  'GET /admin/events': 'read',
  'GET /admin/projects/:name': 'read',
  'GET /metrics': 'metrics',
};

/** How a request ended, as far as the guard goes. */
async function outcomeOf(response: Response, who: string): Promise<string> {
  if (response.headers.get('content-type') === 'text/event-stream') {
    await response.body?.cancel();
    return 'in';
  }
  const text = await response.text();
  if (response.status === 401) return 'unknown';
  if (response.status === 403) return 'forbidden';
  return response.status === 404 && /no (?:job|project) /.test(text) && who !== 'operator' ? 'unseen' : 'in';
}

test('the studio serves every route of the table, and no other', () => {
  const folders = ['operator', 'access'].map((name) => `src/local-studio/http/${name}`);
  const source = folders.flatMap((folder) =>
    readdirSync(folder).map((file) => readFileSync(`${folder}/${file}`, 'utf8')),
  );
  const served = [...source.join('\n').matchAll(/\.\.\.routes\.(\w+)/g)].map(([, name = '']) => name);
  expect(served.toSorted()).toEqual(Object.keys({ ...OPERATOR_ROUTES, ...DASHBOARD_ROUTES }).toSorted());
  expect(source.filter((text) => text.includes("path: '/"))).toEqual([]);
  const known = new Set<string>(ROUTES.map(({ method, path }) => `${method} ${path}`));
  expect(Object.keys(OPEN).filter((route) => !known.has(route))).toEqual([]);
});

test('each route lets in whom it is for, and nobody else', async () => {
  const clock = new FakeClock();
  await using studio = await fakeStudio({ clock });
  for (const name of ['p', 'q']) await studio.operator('POST', '/projects', { name });
  const job = await studio.createJob(anLlmTask(), { project: 'p' });
  const expired = await projectToken(studio, { expiresInSeconds: 1 });
  clock.advance(1_000);
  const revoked = await projectToken(studio);
  await studio.operator('DELETE', `/tokens/${revoked.split('_', 2).join('_')}`);
  const callers = {
    operator: studio.studio.operatorToken,
    create: await projectToken(studio, { scopes: ['create'] }),
    read: await projectToken(studio, { scopes: ['read'] }),
    operate: await projectToken(studio, { scopes: ['operate'] }),
    metrics: await projectToken(studio, { scopes: ['metrics'] }),
    other: await projectToken(studio, { project: 'q' }),
    expired,
    revoked,
    nobody: undefined,
  };
  const wrong: string[] = [];
  for (const { method, path } of ROUTES) {
    for (const [who, token] of Object.entries(callers)) {
      const got = await outcomeOf(await ask(studio, { method, path, token, jobId: job.id }), who);
      const expected = expectedFor(who, OPEN[`${method} ${path}`], path);
      if (got !== expected) wrong.push(`${method} ${path} for ${who}: ${got}, not ${expected}`);
    }
  }
  expect(wrong).toEqual([]);
});

function expectedFor(who: string, scope: string | undefined, path: string): string {
  if (who === 'operator') return 'in';
  if (who === 'expired' || who === 'revoked' || who === 'nobody') return 'unknown';
  if (scope === undefined) return 'forbidden';
  if (who === 'other') return /:(?:id|name)/.test(path) ? 'unseen' : 'in';
  return who === scope ? 'in' : 'forbidden';
}

interface Asked {
  readonly method: string;
  readonly path: string;
  readonly token: string | undefined;
  readonly jobId: string;
}

function ask(studio: FakeStudio, { method, path, token, jobId }: Asked): Promise<Response> {
  const isJob = path.startsWith('/admin/jobs/');
  const target = path.replace(':id', isJob ? jobId : 'nobody').replace(':name', method === 'GET' ? 'p' : 'nobody');
  return fetch(`${studio.url}${API_PREFIX}${target}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(method === 'GET' ? {} : { body: '{}' }),
  });
}

test('a token is found by what it begins with, and compared as a whole', async () => {
  await using studio = await fakeStudio();
  await studio.operator('POST', '/projects', { name: 'p' });
  const token = await projectToken(studio, { scopes: SCOPES });
  const wrong = `${token.slice(0, -1)}${token.endsWith('0') ? '1' : '0'}`;
  for (const shown of [wrong, token.slice(0, -1), `${token}0`, token.split('_', 2).join('_'), 'swp_', `x${token}`]) {
    const asked = { method: 'GET', path: '/admin/jobs', token: shown, jobId: '' };
    expect((await ask(studio, asked)).status).toBe(401);
  }
});
