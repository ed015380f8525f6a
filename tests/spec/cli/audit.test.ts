import { expect, test } from 'bun:test';
import { withStudio } from './with-studio.ts';

const entry = (seq: number, about: Readonly<Record<string, unknown>> = {}) => ({
  seq,
  at: '2026-05-25T12:00:00.000Z',
  actor: 'operator',
  action: 'project.added',
  subject: `p-${seq}`,
  address: '127.0.0.1',
  ...about,
});

test('the audit log is printed oldest first, one line for each entry', async () => {
  const token = { actor: 'token', actorId: 'swp_5f0c1b2a', actorName: 'ci', project: 'p', details: { kind: 'llm' } };
  await using cli = await withStudio({ 'GET /audit': () => Response.json({ entries: [entry(2, token), entry(1)] }) });
  expect(await cli.run('studio', 'audit')).toBe(0);
  expect(cli.out().split('\n')).toEqual([
    '2026-05-25T12:00:00.000Z operator project.added p-1 from 127.0.0.1',
    '2026-05-25T12:00:00.000Z token swp_5f0c1b2a (ci) project.added p-2 in p {"kind":"llm"} from 127.0.0.1',
    '',
  ]);
  expect(cli.seen[0]?.path).toBe('/audit?limit=100');
});

test('with a time all of the pages since then are read', async () => {
  await using cli = await withStudio({
    'GET /audit': ({ path }) =>
      Response.json(path.includes('cursor=2') ? { entries: [entry(1)] } : { entries: [entry(2)], nextCursor: '2' }),
  });
  expect(await cli.run('studio', 'audit', '--since', '2h', '--json')).toBe(0);
  const lines = cli.out().trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 2]);
  expect(cli.seen[0]?.path).toMatch(/^\/audit\?limit=1000&since=\d{4}-/);
});

test('an entry that was written late is printed when it is followed', async () => {
  const answers = [
    [entry(3), entry(1)],
    [entry(1), entry(2), entry(3)],
    [entry(2), entry(3), entry(4)],
  ];
  await using cli = await withStudio({
    'GET /audit': () => {
      const entries = answers.shift();
      return entries === undefined ? new Response(null, { status: 401 }) : Response.json({ entries });
    },
  });
  expect(await cli.run('studio', 'audit', '--follow', '--json')).toBe(77);
  const lines = cli.out().trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { seq: number }).seq)).toEqual([1, 3, 2, 4]);
});
