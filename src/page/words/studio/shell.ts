import { plural } from '../../format.ts';

/** The shell around the pages of a studio, and what its actions came to. */
export const STUDIO = {
  product: 'studio',
  title: (page: string) => `${page} · studio`,
  noScript: 'The dashboard needs JavaScript. `studio-worker studio status` shows the same in a terminal.',
  nav: 'Studio',
  now: 'Studio now',
  pages: { overview: 'Overview', workers: 'Workers', jobs: 'Jobs', models: 'Models', logs: 'Logs' },
  waiting: ' waiting for approval',
  underway: ' queued or running',
  states: { opening: 'Connecting', running: 'Running', lost: 'Not reachable', signedOut: 'Signed out' },
  up: (span: string) => `up ${span}`,
  connected: (connected: number, known: number) =>
    known === 0 ? 'No worker yet.' : `${connected} of ${plural(known, 'worker')} connected.`,
  queued: (many: number) => `${plural(many, 'job')} queued`,
  opening: 'Opening the dashboard',
  newJob: 'New job',
  lost: {
    title: 'The studio is not reachable',
    never: 'It has not answered yet.',
    since: (at: string) => `What is shown is as of ${at}. Workers finish what they run, and wait for the studio.`,
    next: (span: string, next: string) => `Not reachable for ${span}. Next attempt in ${next}`,
    trying: (span: string) => `Not reachable for ${span}. Trying now`,
    start: 'Start it again with `studio-worker studio`.',
  },
  signedOut: {
    title: 'This dashboard is signed out',
    say: 'Its code was spent or too old. Run `studio-worker studio dashboard` on the studio’s machine to open it again.',
    short: 'This dashboard is signed out',
  },
  outcomes: {
    unreachable: 'the studio is not reachable',
    signedOut: 'this dashboard is signed out; open it again with `studio-worker studio dashboard`',
    approved: (name: string) => `${name} is approved`,
    notApproved: (name: string) => `${name} is not approved`,
    rejected: (name: string) => `${name} is rejected`,
    notRejected: (name: string) => `${name} is not rejected`,
    notInvited: 'No bootstrap token was made',
    removed: (name: string) => `${name} is removed`,
    notRemoved: (name: string) => `${name} is not removed`,
    retried: 'Job retried',
    notRetried: 'Job not retried',
    cancelled: 'Job cancelled',
    notCancelled: 'Job not cancelled',
    saved: (name: string) => `${name} is saved`,
  },
} as const;
