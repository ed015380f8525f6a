import { expect, test } from 'bun:test';
import { selfTestFiles, startOf } from '../../../../src/release/update/command-line.ts';

test.each([
  [['run'], { config: undefined }],
  [['run', '--config', '/c/config.toml'], { config: '/c/config.toml' }],
  [['--config=/c/config.toml', 'run', '--log-level', 'debug'], { config: '/c/config.toml' }],
])('%j starts a worker', (words, start) => {
  expect(startOf(words)).toEqual(start);
});

test.each([[[]], [['status']], [['run', '--help']], [['-h', 'run']], [['--config', 'run']], [['status', 'run']]])(
  '%j starts no worker',
  (words) => {
    expect(startOf(words)).toBe(undefined);
  },
);

test('a self-test verifies the files it is given, in whatever order', () => {
  const archive = ['--archive', '/r/w.tar.xz'];
  expect(selfTestFiles([...archive, '--signature', '/r/m.minisig', '--manifest', '/r/m.json'])).toEqual({
    manifest: '/r/m.json',
    signature: '/r/m.minisig',
    archive: '/r/w.tar.xz',
  });
  expect(selfTestFiles([])).toBe(undefined);
});

test.each([
  [['--manifest', '/m'], 'give both'],
  [['--archive', '/a'], 'give both'],
  [['--manifest'], 'each once'],
  [['--manifest', '/m', '--manifest', '/n'], 'each once'],
  [['--others', '/m'], 'each once'],
])('a self-test rejects %j', (words, says) => {
  expect(() => selfTestFiles(words)).toThrow(says);
});
