import { expect, test } from 'bun:test';
import { absolutePath, pathStyle } from '../../../../src/base/process/path-style.ts';

test('parts of a path are joined as the system writes them', () => {
  expect(pathStyle('linux').join('/data', 'studio', 'x')).toBe('/data/studio/x');
  expect(pathStyle('win32').join('C:\\data', 'studio')).toBe('C:\\data\\studio');
});

test('a path of Windows gets one separator throughout', () => {
  expect(pathStyle('win32').native('C:\\data/studio/x')).toBe('C:\\data\\studio\\x');
  expect(pathStyle('darwin').native('/data/a\\b')).toBe('/data/a\\b');
});

test.each([
  ['/etc/worker.toml', '/etc/worker.toml'],
  ['C:\\worker.toml', 'C:\\worker.toml'],
  ['D:/worker.toml', 'D:/worker.toml'],
  ['\\\\share\\worker.toml', '\\\\share\\worker.toml'],
  ['worker.toml', '/somewhere/worker.toml'],
  ['./worker.toml', '/somewhere/./worker.toml'],
])('the path %s is %s whatever folder the process is in later', (named, path) => {
  expect(absolutePath(named, '/somewhere')).toBe(path);
});
