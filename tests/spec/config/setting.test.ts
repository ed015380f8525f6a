import { expect, test } from 'bun:test';
import { readConfig } from '../../../src/config/read.ts';
import { nameOf, patchFor, switchIn, toSetting } from '../../../src/config/setting.ts';

const inFile = (text: string) => readConfig(text, '/c.toml', { homeDir: '/home/ada', tempDir: '/tmp' });
const patched = (name: string, text: string | undefined, file: string) =>
  patchFor(toSetting(name), text)(inFile(file)).kinds;

test('one kind is named behind the table, and a key stays a key', () => {
  expect(toSetting('kinds.mesh')).toEqual({ key: 'kinds', kind: 'mesh' });
  expect(toSetting('kinds')).toEqual({ key: 'kinds', kind: undefined });
  expect(nameOf(toSetting('kinds.mesh'))).toBe('kinds.mesh');
});

test.each([
  ['kinds.mehs', 'kinds names "mehs", which is no kind of task; did you mean mesh?'],
  ['kinds.', 'kinds names "", which is no kind of task; the kinds are image,'],
  ['kinds.mesh.x', 'kinds names "mesh.x", which is no kind of task'],
  ['models_root.x', 'there is no config key "models_root.x"'],
])('%s is refused by the name of what is wrong', (name, message) => {
  expect(() => toSetting(name)).toThrow(message);
});

test('a switch is set beside others, and an empty table is removed', () => {
  expect(patched('kinds.mesh', 'false', '[kinds]\nvideo = false\n')).toEqual({ video: false, mesh: false });
  expect(patched('kinds.mesh', 'true', '')).toEqual({ mesh: true });
  expect(patched('kinds.mesh', undefined, '[kinds]\nmesh = false\nvideo = true\n')).toEqual({ video: true });
  expect(patched('kinds.mesh', undefined, '[kinds]\nmesh = false\n')).toBeUndefined();
  expect(() => patched('kinds.mesh', 'off', '')).toThrow('kinds.mesh takes `true` or `false`');
});

test('a kind that nobody set is on', () => {
  expect(switchIn(inFile(''), 'mesh')).toBe(true);
  expect(switchIn(inFile('[kinds]\nmesh = false\n'), 'mesh')).toBe(false);
});
