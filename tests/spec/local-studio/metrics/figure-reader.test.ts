import { expect, test } from 'bun:test';
import { createFigureReader, READING_MS } from '../../../../src/local-studio/metrics/figure-reader.ts';
import { measure } from '../../../../src/local-studio/metrics/measured.ts';
import type { FigureTable, StoreFigures } from '../../../../src/local-studio/storage/tables/figures.ts';
import { FakeClock } from '../../../fakes/system/fake-clock.ts';

const NOTHING: StoreFigures = {
  projects: [],
  jobs: [],
  oldestQueued: [],
  workers: 0,
  sessions: undefined,
  pendingRegistrations: 0,
  webhooks: { active: 0, disabled: 0 },
  deliveries: { pending: 0, due: 0 },
};

/** A table that answers when it is told to, and says how often it was asked. */
function aTable() {
  const asked = { read: 0, artifacts: 0 };
  let answer = Promise.withResolvers<StoreFigures>();
  const table: FigureTable = {
    read: () => {
      asked.read++;
      return answer.promise;
    },
    artifacts: async () => {
      asked.artifacts++;
      return { count: asked.artifacts, sizeBytes: 0 };
    },
    onEnded: () => () => {},
  };
  return {
    table,
    asked,
    answers: (figures: StoreFigures) => answer.resolve(figures),
    fails: () => answer.reject(new Error('gone')),
    anew: () => void (answer = Promise.withResolvers()),
  };
}

test('many who ask at once cost the database one reading', async () => {
  const at = aTable();
  const read = createFigureReader(at.table, new FakeClock());
  const all = [read(), read(), read()];
  at.answers(NOTHING);
  expect(new Set(await Promise.all(all)).size).toBe(1);
  expect(at.asked).toEqual({ read: 1, artifacts: 1 });
});

test('a database that does not answer keeps nobody waiting, and is asked once', async () => {
  const at = aTable();
  const clock = new FakeClock();
  const read = createFigureReader(at.table, clock);
  const first = read();
  clock.advance(READING_MS);
  expect(await first).toBe(undefined);
  const second = read();
  clock.advance(READING_MS);
  expect([await second, at.asked.read]).toEqual([undefined, 1]);
  const third = read();
  at.answers(NOTHING);
  expect(await third).toMatchObject(NOTHING);
});

test('a database that fails is asked again by the next scrape', async () => {
  const at = aTable();
  const read = createFigureReader(at.table, new FakeClock());
  const failed = read();
  at.fails();
  expect(await failed).toBe(undefined);
  at.anew();
  at.answers(NOTHING);
  expect(await read()).toMatchObject(NOTHING);
});

test('artifacts are counted once a minute', async () => {
  const at = aTable();
  const clock = new FakeClock();
  const read = createFigureReader(at.table, clock);
  at.answers(NOTHING);
  const counts = [(await read())?.artifacts.count];
  clock.advance(59_999);
  counts.push((await read())?.artifacts.count);
  clock.advance(1);
  counts.push((await read())?.artifacts.count);
  expect(counts).toEqual([1, 1, 2]);
});

const OF_THE_PROCESS = {
  studioId: 'ab',
  startedAt: 0,
  usage: { residentBytes: 1, cpuSeconds: 1 },
  sessions: [],
  listeners: 0,
};

test('while the database is away the figures of the process remain', () => {
  const names = measure({ ...OF_THE_PROCESS, reading: undefined }).map(({ name, values }) => [name, values[0]?.value]);
  expect(names).toContainEqual(['database_up', 0]);
  expect(names).toContainEqual(['sessions', 0]);
  expect(names.map(([name]) => name)).not.toContain('jobs');
});

test('of very many projects the fullest are named and the rest summed', () => {
  const names = Array.from({ length: 250 }, (_, at) => `p-${at}`);
  const jobs = names.map((project, at) => ({ project, kind: 'llm' as const, state: 'queued' as const, count: at }));
  const reading = { ...NOTHING, projects: names, jobs, artifacts: { count: 0, sizeBytes: 0 } };
  const values = measure({ ...OF_THE_PROCESS, reading }).find(({ name }) => name === 'jobs')?.values ?? [];
  const queued = values.filter(({ labels }) => labels?.['state'] === 'queued' && labels['kind'] === 'llm');
  expect(queued).toHaveLength(101);
  expect(queued[0]).toEqual({ labels: { state: 'queued', kind: 'llm', project: 'p-249' }, value: 249 });
  expect(queued.at(-1)).toEqual({ labels: { state: 'queued', kind: 'llm', project: '(others)' }, value: 149 * 75 });
  expect(queued.reduce((sum, { value }) => sum + value, 0)).toBe((249 * 250) / 2);
});
