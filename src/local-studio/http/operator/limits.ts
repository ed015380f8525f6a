import { DAY_MS, formatDiskSpace, SECOND_MS } from '../../../base/units.ts';
import { OPERATOR_ERRORS } from '../../../contract/operator/errors.ts';
import type { LimitReached } from '../../storage/tables/projects.ts';
import { problem, refuse, Refusal } from '../http.ts';

/** What a caller is told of a limit that keeps its job out, with both of its numbers. */
export function limitRefusal(project: string, reached: LimitReached, now: number): Refusal {
  const { limit, max } = reached;
  const of = `project ${project}`;
  switch (limit) {
    case 'maxPerDay': {
      const waitSeconds = Math.ceil((DAY_MS - (now % DAY_MS)) / SECOND_MS);
      const message = `${of} has created ${reached.now} of at most ${max} jobs today; the next day begins at 00:00 UTC`;
      const code = 'rate-limited';
      return new Refusal(problem(OPERATOR_ERRORS[code], code, message, { 'retry-after': String(waitSeconds) }));
    }
    case 'maxQueued':
      return refuse('limit-reached', `${of} has ${reached.now} of at most ${max} queued jobs`);
    case 'maxArtifactBytes':
      return refuse(
        'limit-reached',
        `${of} keeps ${formatDiskSpace(reached.now)} of artifacts, of at most ${formatDiskSpace(max)}`,
      );
    default:
      return limit satisfies never;
  }
}
