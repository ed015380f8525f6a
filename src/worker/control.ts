import type { WorkerStatus } from './status.ts';

/** What another process on this machine may ask of a running worker. */
export type ControlRequest = { readonly ask: 'status' } | { readonly ask: 'reload' };
export type ControlAnswer =
  | { readonly is: 'status'; readonly status: WorkerStatus }
  | { readonly is: 'reloaded'; readonly enabled: boolean }
  | { readonly is: 'refused'; readonly because: string };

export interface ControlDeps {
  readonly status: () => WorkerStatus;
  /** Reads the config file again and applies what changed. */
  readonly reload: () => Promise<void>;
}

/** Answers one request from the control socket. Foreign input: anything unknown is refused with a sentence. */
export async function answerControl(request: unknown, deps: ControlDeps): Promise<ControlAnswer> {
  const ask = typeof request === 'object' && request !== null && 'ask' in request ? request.ask : undefined;
  switch (ask) {
    case 'status':
      return { is: 'status', status: deps.status() };
    case 'reload':
      await deps.reload();
      return { is: 'reloaded', enabled: deps.status().enabled };
    default:
      return { is: 'refused', because: 'ask for status or reload' };
  }
}

/** Whether an answer that came over the control socket is one of ours. An older worker may answer in another way. */
export function isControlAnswer(answer: unknown): answer is ControlAnswer {
  if (typeof answer !== 'object' || answer === null || !('is' in answer)) return false;
  if (answer.is === 'reloaded' || answer.is === 'refused') return true;
  return answer.is === 'status' && 'status' in answer && isStatus(answer.status);
}

const STATUS_FIELDS = [
  'version',
  'pid',
  'startedAt',
  'registration',
  'session',
  'models',
  'recentJobs',
  'outbox',
] as const;
const isStatus = (status: unknown): boolean =>
  typeof status === 'object' && status !== null && STATUS_FIELDS.every((field) => field in status);
