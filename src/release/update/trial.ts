import { WorkerError } from '../../base/errors.ts';
import { formatDuration, SECOND_MS } from '../../base/units.ts';
import type { Clock } from '../../system/clock.ts';
import type { ChildEnd } from '../../system/process/child.ts';

/*
 * The new version, run as a child before it takes over. It talks by lines on its stdin and stdout, so that two versions
 * that share nothing else understand each other.
 *
 *   child ── {"trial":"ready"} ──▶ (it is put together, and waits)
 *         ◀── go ── (the old worker let go of the lock, the local API and the session)
 *         ── {"trial":"connecting"} ──▶ {"trial":"served"}      or, without a registration, {"trial":"would-register"}
 *         ◀── end, or the end of its stdin ── (it says goodbye and exits)
 */

/** Set by the version that runs, for the one that is to take over. */
export const TRIAL_VARIABLE = 'STUDIO_WORKER_TRIAL';

/** How far a trial has come, in the child's own words. */
const TRIAL_STEPS = ['ready', 'connecting', 'would-register', 'served'] as const;
export type TrialStep = (typeof TRIAL_STEPS)[number];

/** A run of the new version, as the system starts it. */
export interface TrialChild {
  write(line: string): void;
  readonly ended: Promise<ChildEnd>;
  kill(): void;
}

export interface TrialOptions {
  /** Starts it; each line of its stdout comes back, and everything it writes to stderr. */
  readonly start: (on: { readonly line: (line: string) => void; readonly error: (text: string) => void }) => TrialChild;
  readonly clock: Pick<Clock, 'after'>;
}

/** A trial that was begun, as the old version sees it. */
export interface Trial {
  /** Settles once the child waits for its turn. @throws WorkerError `update.failed` when it died or took too long */
  readonly ready: Promise<void>;
  /**
   * The machine is the child's; settles once it serves. `needsSession`: the old worker had one, so this one must get one,
   * too; otherwise it is enough that it tries.
   *
   * @throws WorkerError `update.failed`
   */
  serve(needsSession: boolean): Promise<void>;
  /** Lets it say goodbye; settles when it has ended, one way or the other. */
  end(): Promise<void>;
  /** The end of what it wrote to stderr. */
  output(): string;
}

/** How long the new version may take to be put together, and how long to serve. */
const LIMIT_MS = 60 * SECOND_MS;
/** How long it may take to say goodbye. */
const CLOSE_TIMEOUT_MS = 5 * SECOND_MS;
const MAX_OUTPUT_CHARACTERS = 8000;

/** Starts the new version as a child. It touches nothing that belongs to the running worker before its turn. */
export function startTrial({ start, clock }: TrialOptions): Trial {
  const steps = new Map(TRIAL_STEPS.map((step) => [step, Promise.withResolvers<void>()]));
  let output = '';
  const child = start({
    line: (line) => {
      const step = stepIn(line);
      if (step !== undefined) steps.get(step)?.resolve();
    },
    error: (text) => void (output = (output + text).slice(-MAX_OUTPUT_CHARACTERS)),
  });
  const reached = (step: TrialStep): Promise<void> => steps.get(step)?.promise ?? Promise.resolve();
  const died = child.ended.then((end) => {
    const how = end.is === 'exited' ? `exited with ${end.code}` : `was killed by ${end.signal}`;
    throw new WorkerError('update.failed', `the new version ${how} before it served`);
  });
  died.catch(() => {}); // the part that awaits a step gets the rejection

  async function within(ms: number, what: string, ...any: readonly Promise<void>[]): Promise<void> {
    const late = Promise.withResolvers<never>();
    const disarm = clock.after(ms, () =>
      late.reject(new WorkerError('update.failed', `the new version did not ${what} within ${formatDuration(ms)}`)),
    );
    await Promise.race([...any, died, late.promise]).finally(disarm);
  }

  return {
    ready: within(LIMIT_MS, 'start', reached('ready')),
    async serve(needsSession) {
      child.write('go\n');
      const enough: readonly TrialStep[] = needsSession
        ? ['served', 'would-register']
        : ['served', 'would-register', 'connecting'];
      await within(LIMIT_MS, 'serve', ...enough.map(reached));
    },
    async end() {
      child.write('end\n');
      const disarm = clock.after(CLOSE_TIMEOUT_MS, () => child.kill());
      await child.ended.finally(disarm);
    },
    output: () => output,
  };
}

/** What a line of the child says; undefined for one that says nothing we know. */
function stepIn(line: string): TrialStep | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const said = typeof value === 'object' && value !== null && 'trial' in value ? value.trial : undefined;
    return TRIAL_STEPS.find((step) => step === said);
  } catch {
    return undefined; // something else that writes to stdout
  }
}

/** What the child says when it has come so far. */
export const trialLine = (step: TrialStep): string => `${JSON.stringify({ trial: step })}\n`;
