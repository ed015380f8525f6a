import { bytesOf, type Diary } from './light-worker.ts';
import type { ChaosScene } from './scene.ts';

/** A job as the database has it at the end. */
export interface EndedRow {
  readonly id: string;
  readonly state: string;
  readonly worker_id: string | null;
  readonly result: string | null;
  readonly artifact_sha256: string | null;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly completions: number;
  /** Workers that lost it at some time. */
  readonly losers: readonly string[];
}

/** Reads all jobs, with how their attempts ended. */
export async function readLedger({ databaseUrl }: Pick<ChaosScene, 'databaseUrl'>): Promise<readonly EndedRow[]> {
  await using sql = new Bun.SQL(databaseUrl, { max: 1 });
  return await sql.unsafe(
    `SELECT jobs.id, state, jobs.worker_id, result, artifact_sha256, attempts, max_attempts,
       (SELECT COUNT(*) FROM job_attempts a WHERE a.job_id = jobs.id AND a.outcome = 'completed')::integer AS completions,
       ARRAY(SELECT a.worker_id FROM job_attempts a WHERE a.job_id = jobs.id AND a.outcome = 'lost') AS losers
     FROM jobs ORDER BY seq`,
  );
}

/** What is wrong with the end of a run, in words; empty when nothing is. */
export function faultsIn(
  created: readonly string[],
  rows: readonly EndedRow[],
  diaries: readonly Diary[],
  realWorkers: readonly string[],
): readonly string[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return [
    ...created.flatMap((id) => (byId.has(id) ? [] : [`${id} is lost`])),
    ...rows.flatMap((row) => faultsOf(row, diaries, realWorkers)),
    ...diaries.flatMap((diary) => unkept(diary, byId)),
  ];
}

function faultsOf(row: EndedRow, diaries: readonly Diary[], realWorkers: readonly string[]): readonly string[] {
  const { id, state, completions, attempts, max_attempts: maxAttempts } = row;
  if (state === 'failed' && completions === 0 && attempts >= maxAttempts) return []; // its workers were unlucky thrice
  if (state !== 'completed') return [`${id} is ${state} after ${attempts} attempts`];
  const wrong = completions === 1 ? [] : [`${id} was completed ${completions} times`];
  if (realWorkers.includes(row.worker_id ?? '')) return wrong;
  const maker = diaries.find(({ workerId }) => workerId === row.worker_id);
  const nonce = [...(maker?.made ?? [])].find((each) => each.split('/')[1] === id && isResult(row, each));
  if (nonce === undefined) return [...wrong, `${id} has a result that ${row.worker_id} never made`];
  const ack = maker?.acks.find((each) => each.nonce === nonce);
  const again = diaries.flatMap(({ offers }) =>
    offers.filter((offer) => ack !== undefined && offer.jobId === id && offer.at > ack.at),
  );
  return again.length === 0 ? wrong : [...wrong, `${id} was offered again after its result was acknowledged`];
}

function isResult({ result, artifact_sha256: hash }: EndedRow, nonce: string): boolean {
  return hash === null ? result === JSON.stringify({ of: nonce }) : hash === sha256Hex(bytesOf(nonce));
}

const sha256Hex = (bytes: Uint8Array): string => new Bun.CryptoHasher('sha256').update(bytes).digest('hex');

/** What was acknowledged is kept, unless the job was taken from its worker before: then another's result stands. */
function unkept({ workerId, acks }: Diary, rows: ReadonlyMap<string, EndedRow>): readonly string[] {
  return acks.flatMap(({ jobId, nonce }) => {
    const row = rows.get(jobId);
    if (row === undefined || isResult(row, nonce) || row.losers.includes(workerId)) return [];
    return [`${nonce} was acknowledged, and ${jobId} has the result of ${row.worker_id}`];
  });
}
