import type { TaskKindId } from '../../contract/tasks/index.ts';

/** What more than one page says. Plain English, present tense, verbs on buttons. */
export const SHARED = {
  product: 'studio-worker',
  title: (page: string) => `${page} · studio-worker`,
  skip: 'Skip to content',
  copy: 'Copy',
  copied: 'Copied',
  command: 'Command',
  copyCommand: 'Copy command',
  close: 'Close',
  cancel: 'Cancel',
  change: 'Change',
  notKnown: 'Not known',
  none: 'None',
  openStudio: 'Open studio',
  left: (span: string) => `${span} left`,
  ago: (span: string) => `${span} ago`,
  asOf: (time: string) => `as of ${time}`,
  outcome: (what: string, why: string) => `${what}: ${why}`,
  dismiss: 'Dismiss',
  noScript: 'This window needs JavaScript. `studio-worker status` shows the same in a terminal.',
  times: '×',
  list: (parts: readonly string[]) => parts.join(' · '),
} as const;

export const KIND_NAMES: Readonly<Record<TaskKindId, string>> = {
  image: 'Image',
  llm: 'Chat',
  audio_stt: 'Speech to text',
  audio_tts: 'Text to speech',
  video: 'Video',
  mesh: '3D',
};

/** The shell around the pages. */
export const SHELL = {
  nav: 'Worker',
  now: 'Worker now',
  pages: { status: 'Status', jobs: 'Jobs', models: 'Models', config: 'Config', logs: 'Logs', about: 'About' },
  keys: (digit: number) => `Ctrl ${digit}`,
  running: ' running',
  update: ' update',
  pause: 'Pause',
  resume: 'Resume',
  open: 'Open',
  pauseTitle: 'The running job finishes first',
  resumeTitle: 'Take jobs again',
  tryNow: 'Try now',
  openRequest: 'Open request',
  openConfig: 'Open config',
  askAgain: 'Ask again',
  currentJob: 'Current job',
  states: {
    'not-registered': 'Not registered',
    waiting: 'Waiting',
    rejected: 'Rejected',
    disconnected: 'Disconnected',
    draining: 'Draining',
    busy: 'Busy',
    paused: 'Paused',
    idle: 'Idle',
  },
  connecting: 'Connecting',
  what: {
    notRegistered: (studio: string) => `Asks ${studio}, which has not answered yet`,
    waiting: 'The studio’s operator has to approve this worker',
    rejected: (studio: string) => `By ${studio}. Local jobs go on`,
    idle: (studio: string) => `Ready for jobs from ${studio}`,
    limited: 'Takes no jobs now. The Status page says why',
    paused: 'Takes no jobs until you resume',
    off: 'Switched off in the config',
    draining: 'Finishes the running job, takes no other',
    stopping: 'Stops when the running job is done',
    step: (kind: string, done: number, total: number) => `${kind}, step ${done} of ${total}`,
    phase: (kind: string, phase: string) => `${kind}: ${phase}`,
    connecting: (studio: string) => `Connecting to ${studio}`,
    reconnecting: (span: string) => `Session lost. Next try in ${span}`,
    ended: 'The session ended for good',
    unreachable: (span: string, next: string) => `Not reachable for ${span}. Next try in ${next}`,
    unreachableNow: (span: string) => `Not reachable for ${span}. Trying now`,
    signedOut: 'This window’s session has ended',
    opening: 'Opening the window',
  },
} as const;

/** Phases of a running job that cannot be counted. */
export const PHASES = {
  preparing: 'fetches its files',
  loading: 'loads the model',
  running: 'runs',
  checking: 'checks the result',
  delivering: 'delivers the result',
} as const;

/** What an action came to, in a toast. */
export const OUTCOMES = {
  paused: 'Paused',
  resumed: 'Takes jobs again',
  notPaused: 'Not paused',
  notResumed: 'Not resumed',
  handedBack: 'Job handed back',
  notHandedBack: 'Job not handed back',
  alreadyEnded: 'The job had ended already',
  askedAgain: 'The studio is asked again',
  notAskedAgain: 'The studio was not asked again',
  current: (version: string) => `${version} is the newest release`,
  updating: (version: string) => `Moves to ${version} between two jobs`,
  notUpdated: 'Not updated',
  unreachable: 'the worker is not reachable',
  sessionEnded: 'this window’s session has ended; open it again with `studio-worker ui`',
} as const;
