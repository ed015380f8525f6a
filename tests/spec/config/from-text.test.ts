import { describe, expect, test } from 'bun:test';
import { toWorkerError, type WorkerError } from '../../../src/base/errors.ts';
import { misspeltKeys, overridesIn, toKey, valueOf, variableOf } from '../../../src/config/from-text.ts';
import type { ConfigValue } from '../../../src/config/key-types.ts';
import { type ConfigKey, KEYS } from '../../../src/config/schema.ts';

function failure(work: () => unknown): WorkerError {
  try {
    work();
  } catch (thrown) {
    return toWorkerError(thrown);
  }
  throw new Error('expected a failure');
}

describe('a value that arrives as text', () => {
  test.each<[ConfigKey, string, ConfigValue]>([
    ['models_root', '/srv/models', '/srv/models'],
    ['models_root', '"/srv/models"', '/srv/models'],
    ['vram_threshold_gb', '7.5', 7.5],
    ['vram_threshold_gb', '8', 8],
    ['keep_warm_secs', '0', 0],
    ['auto_enabled', 'false', false],
    ['output_check', 'flag', 'flag'],
    ['supported_models_override', 'z-image, onnx:*', ['z-image', 'onnx:*']],
    ['supported_models_override', '["a,b", "c"]', ['a,b', 'c']],
    ['kinds', '{ video = false }', { video: false }],
  ])('for %s, %s is read', (key, text, value) => {
    expect(valueOf(key, text, key)).toEqual(value);
  });

  test.each([
    ['vram_threshold_gb', 'lots', 'a number, 0 or more'],
    ['vram_threshold_gb', '8\nauto_enabled = true', 'a number, 0 or more'],
    ['keep_warm_secs', '1.5', 'a whole number from 0 to 4294967295'],
    ['memory_max_gb', '3', 'a whole number from 4 to 1024'],
    ['auto_enabled', 'yes', '`true` or `false`'],
    ['output_check', 'maybe', '"reject" or "flag" or "off"'],
    ['auth_token', 'two words', 'visible ASCII characters'],
  ] as const)('for %s, %j is refused with what is allowed, and not repeated', (key, text, allowed) => {
    const error = failure(() => valueOf(key, text, key));
    const hint = `Give it such a value, or restore its default with \`studio-worker config unset ${key}\`.`;
    expect(error).toMatchObject({ code: 'config.invalid', hint, fields: { key } });
    expect(error.message).toStartWith(`${key} takes ${allowed}`);
    expect(error.message).not.toContain(text);
  });
});

test.each([
  ['{ videos = false }', 'kinds names "videos", which is no kind of task; did you mean video?'],
  ['{ x = false }', 'kinds names "x", which is no kind of task; the kinds are image, llm,'],
  ['{ video = 1 }', 'kinds.video takes `true` or `false`'],
  ['off', 'kinds takes a table of `true` and `false` for image, llm,'],
])('of the table %s the part that is wrong is named', (text, problem) => {
  expect(failure(() => valueOf('kinds', text, 'kinds')).message).toStartWith(problem);
});

describe('a key that is named on the command line', () => {
  test('is known or answered with the one that was most likely meant', () => {
    expect(toKey('models_root')).toBe('models_root');
    const error = failure(() => toKey('model_root'));
    expect(error).toMatchObject({ code: 'cli.usage', hint: 'Did you mean models_root?' });
  });
});

describe('the environment', () => {
  const from = (variables: Readonly<Record<string, string>>) => overridesIn((name) => variables[name]);

  test('has a variable of its own for each key', () => {
    expect(variableOf('vram_threshold_gb')).toBe('STUDIO_WORKER_VRAM_THRESHOLD_GB');
    expect(new Set(KEYS.map(variableOf)).size).toBe(KEYS.length);
  });

  test('sets the keys whose variables hold something', () => {
    const set = { STUDIO_WORKER_VRAM_THRESHOLD_GB: '6', STUDIO_WORKER_MODELS_ROOT: ' ', STUDIO_WORKER_LOG: 'debug' };
    expect(from(set)).toEqual({ vram_threshold_gb: 6 });
  });

  test('is refused by the name of the variable when a value is none', () => {
    const error = failure(() => from({ STUDIO_WORKER_AUTO_ENABLED: 'perhaps' }));
    expect(error.code).toBe('config.invalid');
    expect(error.message).toBe('the environment variable STUDIO_WORKER_AUTO_ENABLED takes `true` or `false`');
  });
});

describe('misspelt keys of a file', () => {
  test('are named with the key that was most likely meant', () => {
    expect(misspeltKeys('vram_treshold_gb = 6\nauto_enable = false\n')).toEqual([
      { key: 'vram_treshold_gb', meant: 'vram_threshold_gb' },
      { key: 'auto_enable', meant: 'auto_enabled' },
    ]);
  });

  test('are not looked for among keys of other programs and tables', () => {
    expect(misspeltKeys('label = "garage"\n[tray]\nauto_enable = 1\n')).toEqual([]);
  });
});
