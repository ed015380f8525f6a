import { expect, test } from 'bun:test';
import { withStudio } from './with-studio.ts';

const VIEW = {
  name: 'renders',
  createdAt: '2026-05-25T12:00:00.000Z',
  limits: { maxRunning: 4, maxArtifactBytes: 5e10 },
  usage: { queued: 12, running: 4, today: 30, artifactBytes: 1.5e9 },
};
const TOKEN = {
  id: 'swp_5f0c1b2a',
  project: 'renders',
  scopes: ['create', 'read'],
  createdAt: '2026-05-25T12:00:00.000Z',
  expiresAt: '2026-06-24T12:00:00.000Z',
};

test('a project is added with the limits that its flags name', async () => {
  await using cli = await withStudio({ 'POST /projects': () => Response.json(VIEW, { status: 201 }) });
  const code = await cli.run('studio', 'projects', 'add', 'renders', '--max-running=4', '--max-artifact-bytes=50GB');
  expect([code, cli.out()]).toEqual([0, 'added renders\n']);
  expect(cli.seen[0]?.body).toEqual({ name: 'renders', maxRunning: 4, maxArtifactBytes: 5e10 });
});

test('a limit is lifted by none, and the others stay', async () => {
  await using cli = await withStudio({ 'PATCH /projects/renders': () => Response.json(VIEW) });
  expect(await cli.run('studio', 'projects', 'set', 'renders', '--max-per-day', 'none', '--json')).toBe(0);
  expect(cli.seen[0]?.body).toEqual({ maxPerDay: 'none' });
});

test.each([
  [['add', 'x', '--max-queued=-1'], '--max-queued is "-1"; allowed: a whole number from 0'],
  [['add', 'x', '--max-artifact-bytes=much'], '--max-artifact-bytes is "much"; allowed: bytes, or a size'],
  [['add', 'x', '--max-artifact-bytes=9e9PB'], '--max-artifact-bytes is "9e9PB"'],
  [['set', 'x'], 'nothing to change: give a limit'],
  [['add', 'Renders'], '"Renders" is no project: a project name has 1 to 64 lower-case letters'],
  [['show', '..'], '".." is no project'],
  [['set', '.', '--max-queued=1'], '"." is no project'],
  [['rm', ''], '"" is no project'],
])('projects %j is a usage error that says what is allowed', async (argv, message) => {
  await using cli = await withStudio();
  expect(await cli.run('studio', 'projects', ...argv)).toBe(64);
  expect(cli.err()).toContain(message);
});

test('a project shows what it has of what it may have', async () => {
  await using cli = await withStudio({
    'GET /projects': () => Response.json({ projects: [VIEW] }),
    'GET /projects/renders': () => Response.json(VIEW),
  });
  await cli.run('studio', 'projects', 'list');
  expect(cli.out()).toMatch(/renders +12 +4 of 4 +30 +1\.5 GB of 50\.0 GB/);
  await cli.run('studio', 'projects', 'show', 'renders');
  expect(cli.out()).toMatch(/running: +4 of 4\n/);
});

test('a project is removed by force only when that is asked for', async () => {
  const gone = () => new Response(null, { status: 204 });
  await using cli = await withStudio({ 'DELETE /projects/renders': gone });
  await cli.run('studio', 'projects', 'rm', 'renders');
  await cli.run('studio', 'projects', 'rm', 'renders', '--force');
  expect(cli.seen.map(({ path }) => path)).toEqual(['/projects/renders', '/projects/renders?force=yes']);
});

test('a new token alone is on stdout, for a shell to keep', async () => {
  const answer = { ...TOKEN, token: 'swp_5f0c1b2a_secret' };
  await using cli = await withStudio({ 'POST /tokens': () => Response.json(answer, { status: 201 }) });
  const argv = ['--project=renders', '--scope=create,read', '--expires=30d', '--name=ci'];
  expect(await cli.run('studio', 'tokens', 'add', ...argv)).toBe(0);
  expect(cli.seen[0]?.body).toEqual({
    project: 'renders',
    scopes: ['create', 'read'],
    name: 'ci',
    expiresInSeconds: 2_592_000,
  });
  expect([cli.out(), cli.err()]).toEqual(['swp_5f0c1b2a_secret\n', expect.stringContaining('not shown again')]);
});

test.each([
  [['--scope=read'], '--project is missing'],
  [['--project=p'], '--scope is missing; allowed: create, read, operate, metrics'],
  [['--project=p', '--scope=read,opperate'], 'Did you mean operate?'],
  [['--project=p', '--scope=read', '--expires=soon'], '--expires is "soon"'],
  [['--project=p', '--scope=read', '--expires=99999w'], '--expires is "99999w": leave it out'],
  [['--project=../x', '--scope=read'], '"../x" is no project'],
])('tokens add %j is a usage error that says what is allowed', async (argv, message) => {
  await using cli = await withStudio();
  expect(await cli.run('studio', 'tokens', 'add', ...argv)).toBe(64);
  expect(cli.err()).toContain(message);
});

test('a token is revoked by its beginning, its name, or as a whole', async () => {
  const gone = () => new Response(null, { status: 204 });
  await using cli = await withStudio({
    'GET /tokens': () => Response.json({ tokens: [{ ...TOKEN, name: 'ci' }] }),
    'DELETE /tokens/swp_5f0c1b2a': gone,
  });
  for (const given of ['swp_5f', 'ci', 'swp_5f0c1b2a_secret']) {
    expect(await cli.run('studio', 'tokens', 'rm', given)).toBe(0);
  }
  expect(cli.seen.filter(({ method }) => method === 'DELETE')).toHaveLength(3);
});

test('tokens are listed by what they begin with, and when they expire', async () => {
  await using cli = await withStudio({ 'GET /tokens': () => Response.json({ tokens: [TOKEN] }) });
  await cli.run('studio', 'tokens', 'list', '--project', 'other');
  expect(cli.out()).not.toContain('swp_');
  await cli.run('studio', 'tokens', 'list');
  expect(cli.out()).toContain('swp_5f0c1b2a  renders  create, read');
});

test('a reached limit is reported with what to do about it', async () => {
  const full = { error: 'limit-reached', message: 'project p has 5 of at most 5 queued jobs' };
  const spent = { error: 'rate-limited', message: 'project p has created 9 of at most 9 jobs today' };
  for (const [status, body, hint] of [
    [409, full, 'studio projects show'],
    [429, spent, 'Wait'],
  ] as const) {
    await using cli = await withStudio({ 'POST /jobs': () => Response.json(body, { status }) });
    expect(await cli.run('studio', 'jobs', 'create', '--kind', 'llm', '--prompt', 'x', '--project', 'p')).toBe(77);
    expect(cli.seen[0]?.body).toMatchObject({ project: 'p' });
    expect(cli.err()).toContain(body.message);
    expect(cli.err()).toContain(hint);
  }
});
