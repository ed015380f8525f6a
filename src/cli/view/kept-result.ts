import { quoted } from '../../base/foreign-text.ts';
import { WorkerError } from '../../base/errors.ts';
import type { KeptPlace, KeptResult } from '../../studio/delivery/kept/kept-results.ts';
import type { LocalOutbox } from '../world/outbox.ts';
import { byPrefix } from './by-prefix.ts';

/** One more argument of each command about one result. */
export const RESULT_ARG = {
  result: {
    type: 'positional',
    valueHint: 'result',
    description: 'Job id, or id as `outbox list` shows it; the beginning will do',
  },
} as const;

/**
 * The result that is meant, in one of these places.
 *
 * @throws WorkerError `cli.usage` when there is none there, or more than one
 */
export async function findResult(
  given: string,
  outbox: LocalOutbox,
  places: readonly KeptPlace[],
): Promise<KeptResult> {
  const all = await outbox.list();
  const namesOf = ({ id, header }: KeptResult): readonly (string | undefined)[] => [id, header?.jobId];
  const there = all.filter(({ place }) => places.includes(place));
  const elsewhere = all.find((result) => !places.includes(result.place) && namesOf(result).includes(given));
  if (elsewhere !== undefined && !there.some((result) => namesOf(result).includes(given))) {
    throw new WorkerError(
      'cli.usage',
      `${quoted(given)} is ${elsewhere.place}; allowed: one that is ${places.join(' or ')}`,
    );
  }
  return byPrefix(given, there, { what: 'results', listedBy: 'outbox list', namesOf });
}

/** Every place, in the order of the listing. */
export const ALL_PLACES: readonly KeptPlace[] = ['waiting', 'set-aside', 'damaged'];

/** A result as JSON shows it; its prompt only where one result is shown. */
export const factsOf = ({ id, place, sizeBytes, at, header }: KeptResult) => ({
  id,
  place,
  jobId: header?.jobId,
  kind: header?.kind,
  ext: header?.ext === '' ? undefined : header?.ext,
  sizeBytes,
  createdAt: new Date(at).toISOString(),
  studio: header?.studio,
  workerId: header?.workerId,
});
