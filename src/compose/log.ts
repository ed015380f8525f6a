import { onUncaught } from '../base/process/uncaught.ts';
import { errorChain } from '../base/errors.ts';
import { MIB, SECOND_MS } from '../base/units.ts';
import { USER_AGENT } from '../base/version.ts';
import { chosenLevels, LEVEL_VARIABLE } from '../log/levels.ts';
import { type Log, type LogChoice, type LogOptions, openLog } from '../log/open-log.ts';
import { createRedactor, type Redactor } from '../log/redact.ts';
import type { ErrorTracker } from '../log/sentry.ts';
import type { Siblings } from '../config/paths.ts';
import { afterUnreferenced } from '../system/clock.ts';
import { openRotatingFile } from '../system/disk/rotating-file.ts';
import type { Effects } from './effects.ts';

/** Of one file of a log, of which four are kept. */
const MAX_LOG_BYTES = 10 * MIB;

/**
 * The log of a process that stays: to stderr or a file, to the studio, and to an error tracker when `SENTRY_DSN` names one.
 *
 * @throws WorkerError `cli.usage` for levels that make no sense
 */
export async function openProcessLog(
  choice: LogChoice,
  effects: Effects,
  place?: Pick<Siblings, 'log' | 'olderLogs'>,
): Promise<Log> {
  const levels = chosenLevels({ flag: choice.logLevel, variable: levelVariable(effects) });
  const redactor = createRedactor();
  const { tracker, problem } = await openTracker(effects, redactor);
  const file = place === undefined ? {} : openFile(place);
  const log = openLog({
    clock: quietClock(effects),
    format: choice.logFormat ?? 'console',
    terminal: effects.terminal.stderr,
    ...file.to,
    levels,
    redactor,
    ...(tracker === undefined ? {} : { tracker }),
  });
  if (file.problem !== undefined) log.logger.warn('log.no-file', { error: file.problem });
  if (problem !== undefined) log.logger.warn('tracker.unavailable', { error: problem });
  effects.native.onMoved((moved) => log.logger.child({}, 'engines').warn('cache.moved', { ...moved }));
  if (tracker !== undefined) {
    onUncaught(async (thrown) => {
      tracker.captureUncaught(thrown);
      await tracker.flush(2 * SECOND_MS);
    });
  }
  return log;
}

/** Written as JSON, which `logs` reads. Where it cannot be opened the log stays on stderr. */
function openFile({ log, olderLogs }: Pick<Siblings, 'log' | 'olderLogs'>): {
  readonly to?: Pick<LogOptions, 'format' | 'terminal'>;
  readonly problem?: string;
} {
  try {
    const file = openRotatingFile(log, { maxBytes: MAX_LOG_BYTES, older: olderLogs });
    return { to: { format: 'json', terminal: { write: (text) => file.write(String(text)), colourDepth: 1 } } };
  } catch (thrown) {
    return { problem: errorChain(thrown) };
  }
}

/** A wrong DSN is no reason not to serve jobs: it is logged, and the worker runs without. */
async function openTracker(
  effects: Effects,
  redactor: Redactor,
): Promise<{ readonly tracker?: ErrorTracker; readonly problem?: string }> {
  const { clock, http, environment, machine } = effects;
  const dsn = environment.get('SENTRY_DSN') ?? '';
  if (dsn === '') return {};
  try {
    const { startSentry } = await import('../log/sentry.ts');
    const named = environment.get('SENTRY_ENVIRONMENT') ?? '';
    const tracker = await startSentry({
      dsn,
      ...(named === '' ? {} : { environment: named }),
      release: USER_AGENT.replace('/', '@'),
      serverName: machine.hostName(),
      clock,
      http,
      redactor,
    });
    return { tracker };
  } catch (thrown) {
    return { problem: errorChain(thrown) };
  }
}

/** The log of the process behind a window and its icon: to stderr, for the operator who started it. */
export const openUiLog = (effects: Effects): Log =>
  openLog({
    clock: quietClock(effects),
    format: 'console',
    levels: chosenLevels({ flag: undefined, variable: levelVariable(effects) }),
    terminal: effects.terminal.stderr,
  });

/** The log of a command that ends at once: warnings and errors, for the operator who typed it. */
export function openCommandLog(effects: Effects): Log {
  const levels = chosenLevels({ flag: undefined, variable: levelVariable(effects) ?? 'warn' });
  return openLog({ clock: quietClock(effects), format: 'console', levels, terminal: effects.terminal.stderr });
}

const levelVariable = ({ environment }: Pick<Effects, 'environment'>) => environment.get(LEVEL_VARIABLE);

/** A count that is still to be logged is no reason for a process to stay. */
const quietClock = ({ clock }: Pick<Effects, 'clock'>): LogOptions['clock'] => ({
  now: () => clock.now(),
  elapsed: () => clock.elapsed(),
  after: afterUnreferenced,
});
