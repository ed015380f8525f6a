import type { TaskKindId } from '../../../contract/tasks/index.ts';
import { vramClass } from '../../queue.ts';
import type { JobRow, OfferCriteria } from '../store.ts';
import { toJobRow } from './job-reads.ts';
import type { Param, Query } from '../../../system/disk/sqlite.ts';

/*
 * The next job for a worker, without looking at the queue's length.
 *
 * `jobs_queue` sorts what is queued by (kind, engine, vram_class, priority, seq). Within one kind, engine and class of GPU
 * memory the jobs stand in the order in which they are to be offered, so the best of a class is its first row, and the best of
 * those wins. Classes are whole gigabytes: few, however many jobs there are, and the table `lanes` lists those that were
 * ever used. Only the class in which a fractional threshold falls is read row by row, in the index alone.
 */

/** Rejected jobs that one query skips; a worker that rejected more is asked again about the oldest. */
const MAX_EXCEPTED = 50;
/** Names of engines that count; no release has half as many, but a list comes from outside. */
const MAX_ENGINES = 32;

/** How many values the lists of the statement hold. */
interface ListLengths {
  readonly kinds: number;
  readonly engines: number;
  readonly except: number;
}

/** The statement for lists of these lengths: `$1` is the threshold, `$2` its class, then kinds, engines, jobs to skip. */
function nextJobSql({ kinds, engines, except }: ListLengths): string {
  const list = (from: number, length: number): readonly string[] => Array.from({ length }, (_, at) => `$${from + at}`);
  const skip = except === 0 ? '' : `AND queued.seq NOT IN (${list(3 + kinds + engines, except).join(', ')})`;
  const named = list(3 + kinds, engines).map((param) => `(${param})`);
  return `WITH named (engine) AS (VALUES ${named.join(', ')})
          SELECT head.seq FROM lanes CROSS JOIN named JOIN jobs head ON head.seq = (
            SELECT queued.seq FROM jobs queued
            WHERE queued.state = 'queued' AND queued.kind = lanes.kind AND queued.engine = named.engine
              AND queued.vram_class = lanes.vram_class AND queued.vram_gb <= $1 ${skip}
            ORDER BY queued.priority DESC, queued.seq LIMIT 1)
          WHERE lanes.kind IN (${list(3, kinds).join(', ')}) AND lanes.vram_class <= $2
          ORDER BY head.priority DESC, head.seq LIMIT 1`;
}

/** Picks and takes in one statement: no other worker can get the same job in between. */
export async function claimNext(query: Query, criteria: OfferCriteria, at: number): Promise<JobRow | undefined> {
  const kinds: readonly TaskKindId[] = [...new Set(criteria.kinds)];
  const engines = [...new Set(criteria.engines)].slice(0, MAX_ENGINES);
  if (kinds.length === 0 || engines.length === 0) return undefined;
  const except = criteria.except.slice(-MAX_EXCEPTED);
  const lists: readonly Param[] = [...kinds, ...engines, ...except];
  const params: readonly Param[] = [criteria.thresholdGb, vramClass(criteria.thresholdGb), ...lists];
  const used = params.length;
  const next = nextJobSql({ kinds: kinds.length, engines: engines.length, except: except.length });
  const rows = await query(
    `UPDATE jobs SET state = 'offered', worker_id = $${used + 1}, updated_at = $${used + 2}
     WHERE seq = (${next}) AND state = 'queued' RETURNING *`,
    [...params, criteria.workerId, at],
  );
  return rows.map(toJobRow)[0];
}
