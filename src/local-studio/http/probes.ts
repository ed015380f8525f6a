import { SECOND_MS } from '../../base/units.ts';
import { singleFlight } from '../single-flight.ts';
import type { StudioState } from '../sessions/state.ts';
import type { ArtifactStore } from '../storage/artifacts.ts';
import type { Store } from '../storage/store.ts';
import { within } from '../within.ts';
import { json, type Route } from './http.ts';

/** What the probes of load balancers and service managers work with. */
export interface ProbeParts {
  readonly studio: Pick<StudioState, 'clock' | 'log' | 'stopped'> & { readonly store: Pick<Store, 'ping'> };
  readonly artifacts: Pick<ArtifactStore, 'check'>;
}

/** Less than whoever probes waits for an answer. */
export const CHECK_MS = 2 * SECOND_MS;
/** Anybody may ask, and many load balancers do: the database and the store are asked no more often. */
export const REUSE_MS = SECOND_MS;

/**
 * Whether the process is alive, which says nothing about what it depends on: to start it again would not help. And whether
 * it can serve, for whoever chooses among several studios.
 */
export function probeRoutes(parts: ProbeParts): readonly Route[] {
  const objections = createReadyCheck(parts);
  return [
    { method: 'GET', path: '/healthz', atRoot: true, handle: () => json({ ok: true }) },
    {
      method: 'GET',
      path: '/readyz',
      atRoot: true,
      handle: async () => {
        const because = await objections();
        return because.length === 0 ? json({ ready: true }) : json({ ready: false, because }, 503);
      },
    },
  ];
}

/** What keeps a studio from serving, in words that tell nothing of where things are; empty when nothing does. */
export function createReadyCheck({ studio, artifacts }: ProbeParts): () => Promise<readonly string[]> {
  const { clock, log, store } = studio;
  const database = singleFlight(() => store.ping());
  const bucket = singleFlight(() => artifacts.check());
  const answers = async (check: () => Promise<void>, objection: string): Promise<readonly string[]> => {
    const answered = await within(
      check().then(() => true),
      clock,
      CHECK_MS,
    );
    return answered ? [] : [objection];
  };
  let last: { readonly because: readonly string[]; readonly atMs: number } | undefined;
  const check = async (): Promise<readonly string[]> => {
    const [one, other] = await Promise.all([
      answers(database, 'the database does not answer'),
      answers(bucket, 'the store of artifacts does not answer'),
    ]);
    const because = [...one, ...other];
    const before = last?.because.length ?? 0;
    last = { because, atMs: clock.elapsed() };
    if (because.length > 0 && before === 0) log.warn('studio.not-ready', { because: because.join(', ') });
    if (because.length === 0 && before > 0) log.info('studio.ready-again');
    return because;
  };
  const checked = singleFlight(check);
  return async () => {
    if (studio.stopped) return ['the studio stops'];
    if (last !== undefined && clock.elapsed() - last.atMs < REUSE_MS) return last.because;
    return checked();
  };
}
