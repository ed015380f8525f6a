import { expect } from 'bun:test';
import { HOUR_MS, MINUTE_MS } from '../../../src/base/units.ts';
import { readEnded } from '../../../src/local-studio/storage/sql/endings/ended-jobs.ts';
import type { EndedHour } from '../../../src/local-studio/storage/tables/ended-jobs.ts';
import type { Query } from '../../../src/system/database/sql.ts';
import { bringTo, type It } from './stored-jobs.ts';

const SINCE = Date.UTC(2026, 10, 27, 15);
const HOURS = 24;

interface Ended {
  readonly state: 'completed' | 'failed' | 'cancelled';
  readonly createdAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number;
}

/** What every implementation of `Store` promises about jobs that ended in a day. */
export function testEnded(it: It): void {
  it('a day without jobs has idle hours and no usual wait', async ({ store: { jobs } }) => {
    await bringTo(jobs, 'a', 'queued');
    const idle = { completed: 0, failed: 0, busyMs: 0 };
    expect(await jobs.endedByHour(SINCE, 2)).toEqual([idle, idle]);
    expect(await jobs.usualWaitMs(SINCE)).toBeUndefined();
  });

  it('jobs count in the hour they ended in, cancelled ones as neither', async ({ store: { jobs }, query }) => {
    const at = { createdAt: SINCE, startedAt: undefined };
    const end = (state: Ended['state'], finishedAt: number): Ended => ({ ...at, state, finishedAt });
    await add(query, [
      end('completed', SINCE - 1),
      end('completed', SINCE),
      end('failed', SINCE + HOUR_MS - 1),
      end('cancelled', SINCE + HOUR_MS - 1),
      end('completed', SINCE + HOUR_MS),
      end('completed', SINCE + 2 * HOUR_MS),
    ]);
    expect(await jobs.endedByHour(SINCE, 2)).toEqual([
      { completed: 1, failed: 1, busyMs: 0 },
      { completed: 1, failed: 0, busyMs: 0 },
    ]);
    expect(await jobs.usualWaitMs(SINCE)).toBeUndefined();
  });

  it('a job keeps every hour busy that it ran in, and no other', async ({ store: { jobs }, query }) => {
    const busyOf = async (fromMinute: number, toMinute: number): Promise<readonly number[]> => {
      await query('DELETE FROM jobs');
      const [startedAt, finishedAt] = [SINCE + fromMinute * MINUTE_MS, SINCE + toMinute * MINUTE_MS];
      await add(query, [{ state: 'cancelled', createdAt: SINCE, startedAt, finishedAt }]);
      return (await jobs.endedByHour(SINCE, 3)).map(({ busyMs }) => busyMs / MINUTE_MS);
    };
    expect(await busyOf(50, 130)).toEqual([10, 60, 10]);
    expect(await busyOf(60, 120)).toEqual([0, 60, 0]);
    expect(await busyOf(-90, 70)).toEqual([60, 10, 0]); // began before the day
    expect(await busyOf(170, 400)).toEqual([0, 0, 10]); // ended after it, by the clock of another studio
    expect(await busyOf(-90, 400)).toEqual([60, 60, 60]);
    expect(await busyOf(200, 400)).toEqual([0, 0, 0]);
    expect(await busyOf(100, 50)).toEqual([0, 0, 0]); // the clock was set back
    expect(await busyOf(40, 20)).toEqual([0, 0, 0]);
  });

  it('the usual wait is that of the middle job which was completed', async ({ store: { jobs }, query }) => {
    const waited = (ms: number, state: Ended['state'] = 'completed'): Ended => ({
      state,
      createdAt: SINCE,
      startedAt: SINCE + ms,
      finishedAt: SINCE + 1,
    });
    await add(query, [waited(900), waited(5_000, 'failed'), waited(6_000, 'cancelled')]);
    expect(await jobs.usualWaitMs(SINCE)).toBe(900);
    await add(query, [waited(-1)]); // as long as none, by a clock that was set back
    expect(await jobs.usualWaitMs(SINCE)).toBe(900);
    await add(query, [waited(-2)]);
    expect(await jobs.usualWaitMs(SINCE)).toBe(0);
    expect(await jobs.usualWaitMs(SINCE + 2)).toBeUndefined();
  });

  it('five thousand jobs are as many rows of an answer as fifty', async ({ store: { jobs }, query }) => {
    const rows: number[] = [];
    const counted: Query = async (text, params) => {
      const found = await query(text, params);
      rows.push(found.length);
      return found;
    };
    const known: Ended[] = [];
    for (const count of [50, 4_950]) {
      const more = Array.from({ length: count }, (_, index) => jobAt(known.length + index));
      known.push(...more);
      await add(query, more);
      const day = readEnded({ query: counted });
      expect(await day.endedByHour(SINCE, HOURS)).toEqual(hoursOf(known));
      expect(await day.usualWaitMs(SINCE)).toBe(usualOf(known));
      expect(await jobs.endedByHour(SINCE, HOURS)).toEqual(hoursOf(known));
    }
    expect(rows.slice(2)).toEqual(rows.slice(0, 2));
  });
}

/** One of fifty kinds of jobs, each a bit different: short and long ones, of all hours and states, some that never ran. */
function jobAt(index: number): Ended {
  const kind = index % 50;
  const state = kind % 7 === 0 ? 'failed' : kind % 11 === 0 ? 'cancelled' : 'completed';
  const finishedAt = SINCE + (kind % HOURS) * HOUR_MS + 30 * MINUTE_MS + index;
  const startedAt = kind % 13 === 0 ? undefined : finishedAt - (kind % 9) * 40 * MINUTE_MS - (index % 7);
  return { state, createdAt: (startedAt ?? finishedAt) - ((index * 7_919) % 90_001), startedAt, finishedAt };
}

/** Job by job, what they made of each hour. */
const hoursOf = (jobs: readonly Ended[]): readonly EndedHour[] =>
  Array.from({ length: HOURS }, (_, hour) => {
    const [from, to] = [SINCE + hour * HOUR_MS, SINCE + (hour + 1) * HOUR_MS];
    const ended = (state: Ended['state']): number =>
      jobs.filter((job) => job.state === state && job.finishedAt >= from && job.finishedAt < to).length;
    const overlap = ({ startedAt = Infinity, finishedAt }: Ended): number =>
      Math.max(0, Math.min(finishedAt, to) - Math.max(startedAt, from));
    const busyMs = jobs.reduce((sum, job) => sum + overlap(job), 0);
    return { completed: ended('completed'), failed: ended('failed'), busyMs };
  });

function usualOf(jobs: readonly Ended[]): number | undefined {
  const waits = jobs.flatMap(({ state, createdAt, startedAt }) =>
    state === 'completed' && startedAt !== undefined ? [startedAt - createdAt] : [],
  );
  return waits.toSorted((one, other) => one - other)[Math.floor(waits.length / 2)];
}

/** Jobs that ended, written in one statement. */
async function add(query: Query, jobs: readonly Ended[]): Promise<void> {
  const rows = jobs.map(
    ({ state, createdAt, startedAt = 'NULL', finishedAt }) =>
      `('${crypto.randomUUID()}', '${state}', ${createdAt}, ${startedAt}, ${finishedAt}, ${finishedAt},
        'llm', 'm', '{"engine":"onnx"}', '{}', '', '', '', 1, 1, 0, 1, 3)`,
  );
  await query(`INSERT INTO jobs (id, state, created_at, started_at, finished_at, updated_at,
    kind, model, model_source, task, prompt, game_id, asset_name, vram_gb, vram_class, priority, attempts, max_attempts)
    VALUES ${rows.join(',')}`);
}
