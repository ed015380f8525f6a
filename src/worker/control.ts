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
