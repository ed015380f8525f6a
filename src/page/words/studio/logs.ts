import { plural } from '../../format.ts';

/** The Logs page of a studio, where it differs from that of a worker. */
export const STUDIO_LOGS = {
  shown: (many: number, workers: number) => `newest ${plural(many, 'line')} of ${plural(workers, 'worker')}`,
  area: 'Worker',
  anyArea: 'Any worker',
  search: 'Worker, message or job ID',
  foot: 'Lines arrive as workers send them. A worker that is not connected keeps its own.',
  none: { title: 'No lines yet', say: 'What workers log appears here as they send it.' },
} as const;
