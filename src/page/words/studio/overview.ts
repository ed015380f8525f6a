/** The first page of a studio. */
export const OVERVIEW = {
  day: 'Last 24 hours',
  completed: (many: number) => `${many} completed`,
  failed: (many: number) => `${many} failed`,
  busy: 'busy',
  now: 'now',
  hour: (hour: string, completed: number, failed: number, busy: string) =>
    `${hour}: ${completed} completed, ${failed} failed, busy ${busy}`,
  sentence: (completed: number, failed: number, busiest: string) =>
    `Jobs per hour over the last 24 hours: ${completed} completed, ${failed} failed. ${busiest}`,
  busiest: (hour: string, many: number) => `Busiest hour ${hour} with ${many}.`,
  quiet: 'No job yet.',
  queue: 'Queue',
  open: 'Open',
  queued: 'Queued',
  running: 'Running',
  oldest: 'Oldest waits',
  usual: 'Usual wait, 24 h',
  nobody: 'Nobody can take',
  needs: (many: number, memory: string) => `${many}, needs ${memory}`,
  newest: 'Newest results',
  allJobs: 'All jobs',
  noJobs: {
    title: 'No jobs yet',
    say: 'Queue one, and see here what came of it.',
    do: 'New job',
  },
} as const;
