import { expect, test } from 'bun:test';
import { readConfig } from '../../../src/config/read.ts';
import type { ConfigKey } from '../../../src/config/schema.ts';
import { toSetting } from '../../../src/config/setting.ts';
import { entryOf, patchOf, valuesOf } from '../../../src/config/values/command-values.ts';

const inFile = (text: string) => readConfig(text, '/c.toml', { homeDir: '/home/ada', tempDir: '/tmp' });
const entry = (name: string, text: string, overridden: readonly ConfigKey[] = []) =>
  entryOf(toSetting(name), { current: inFile(text), overridden });

test('a worker id counts only beside its token', () => {
  expect(valuesOf(inFile('worker_id = "w-1"\n')).workerId).toBeUndefined();
  expect(valuesOf(inFile('worker_id = "w-1"\nauth_token = "t-1"\n')).workerId).toBe('w-1');
});

test('a change leaves out the keys that it does not name', () => {
  expect(patchOf({})).toEqual({});
  expect(patchOf({ autoEnabled: false, vramThresholdGb: 8 })).toEqual({ auto_enabled: false, vram_threshold_gb: 8 });
});

test('an entry names the variable that lays another value over the file', () => {
  expect(entry('auto_enabled', 'auto_enabled = true\n')).toMatchObject({ value: true, variable: undefined });
  expect(entry('auto_enabled', '', ['auto_enabled']).variable).toBe('STUDIO_WORKER_AUTO_ENABLED');
});

test('one kind is shown as a key of its own', () => {
  expect(entry('kinds.mesh', '[kinds]\nmesh = false\n')).toMatchObject({
    key: 'kinds.mesh',
    value: false,
    text: 'kinds.mesh = false',
  });
});
