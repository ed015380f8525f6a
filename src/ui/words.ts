const jobs = (count: number): string => (count === 1 ? '1 job' : `${count} jobs`);

/** What the tray icon and its notifications say; a state of the worker by its name in the window, `STATE_NAMES`. */
export const TRAY = {
  product: 'studio-worker',
  title: (state: string) => `studio-worker: ${state}`,
  opening: 'Connecting to the worker',
  unreachable: 'Worker not reachable',
  stopping: 'Stopping the worker',
  jobs,
  running: (kind: string, model: string) => `${kind}, ${model}`,
  silent: (seconds: number) => `No answer from the studio for ${seconds}s`,
  open: 'Open window',
  pause: 'Pause',
  resume: 'Resume',
  quit: 'Quit',
  quitAndStop: 'Quit and stop the worker',
  quitOnly: 'Quit; the service keeps running',
  stopNow: 'Stop now',
} as const;

export const NOTICES = {
  completed: (kind: string) => `${kind} completed`,
  failed: (kind: string) => `${kind} failed`,
  manyCompleted: (count: number) => `${count} jobs completed`,
  manyFailed: (count: number) => `${count} jobs failed`,
  someOf: (completed: number, failed: number) => `${jobs(completed)} completed, ${failed} failed`,
  took: (model: string, span: string) => `${model}, ${span}`,
  noReason: 'The log says why.',
} as const;
