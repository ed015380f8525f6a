import { describe, expect, test } from 'bun:test';
import { WorkerError } from '../../../src/base/errors.ts';
import { chosenLevels, DEFAULT_LEVELS, filterSink, isEnabled, parseLevels } from '../../../src/log/levels.ts';
import type { LogEvent } from '../../../src/log/logger.ts';

const SOURCE = 'STUDIO_WORKER_LOG';

test('a plain level speaks for every area', () => {
  expect(parseLevels('debug', SOURCE)).toEqual({ every: 'debug', areas: {} });
});

test('areas get levels of their own and the rest keeps the default', () => {
  const levels = parseLevels(' session=debug, Engines=WARN ,', SOURCE);
  expect(levels).toEqual({ every: 'info', areas: { session: 'debug', engines: 'warn' } });
  expect(isEnabled(levels, 'debug', 'session')).toBe(true);
  expect(isEnabled(levels, 'info', 'engines')).toBe(false);
  expect(isEnabled(levels, 'info', 'jobs')).toBe(true);
});

test('a level flag refines the environment’s, and a plain level replaces it', () => {
  const environment = parseLevels('session=debug', SOURCE);
  expect(parseLevels('jobs=error', '--log-level', environment).areas).toEqual({ session: 'debug', jobs: 'error' });
  expect(parseLevels('warn', '--log-level', environment)).toEqual({ every: 'warn', areas: {} });
});

test('an empty text changes nothing', () => {
  expect(parseLevels('', SOURCE)).toEqual(DEFAULT_LEVELS);
});

describe('a bad part names itself and what is allowed', () => {
  const cases = [
    ['loud', 'STUDIO_WORKER_LOG: unknown level "loud"; allowed: debug, info, warn, error'],
    [
      'jobs=info,session=loud',
      'STUDIO_WORKER_LOG: unknown level "loud" in "session=loud"; allowed: debug, info, warn, error',
    ],
    ['sesion=info', 'STUDIO_WORKER_LOG: unknown area "sesion" in "sesion=info"; allowed: worker, config,'],
    ['=info', 'STUDIO_WORKER_LOG: unknown area "" in "=info"; allowed: worker, config,'],
    ['session=', 'STUDIO_WORKER_LOG: unknown level "" in "session="; allowed: debug, info, warn, error'],
  ] as const;
  test.each(cases)('%p is refused with a sentence that says so', (text, message) => {
    const thrown = thrownBy(() => parseLevels(text, SOURCE));
    expect(thrown.code).toBe('cli.usage');
    expect(thrown.message).toStartWith(message);
    expect(thrown.hint).toContain(SOURCE);
  });
});

test('a filtered sink receives only what its levels let through', () => {
  const heard: string[] = [];
  const sink = filterSink((event) => void heard.push(event.event), parseLevels('warn,session=debug', SOURCE));
  const event = (name: string, level: LogEvent['level'], area: LogEvent['area']): LogEvent => ({
    at: 0,
    level,
    area,
    event: name,
    fields: {},
  });
  sink(event('job.ran', 'info', 'jobs'));
  sink(event('job.failed', 'error', 'jobs'));
  sink(event('frame.heard', 'debug', 'session'));
  expect(heard).toEqual(['job.failed', 'frame.heard']);
});

test('levels come from the flag, laid over the environment, laid over the default', () => {
  expect(chosenLevels({ flag: undefined, variable: undefined })).toEqual(DEFAULT_LEVELS);
  expect(chosenLevels({ flag: undefined, variable: 'session=debug' })).toEqual({
    every: 'info',
    areas: { session: 'debug' },
  });
  expect(chosenLevels({ flag: 'jobs=warn', variable: 'session=debug' })).toEqual({
    every: 'info',
    areas: { session: 'debug', jobs: 'warn' },
  });
});

function thrownBy(call: () => unknown): WorkerError {
  try {
    call();
  } catch (thrown) {
    if (thrown instanceof WorkerError) return thrown;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}
