import { expect, test } from 'bun:test';
import { missingRights, systemdUnit } from '../../../src/service/systemd.ts';
import { writableFolders, type WrittenPlaces } from '../../../src/service/writable.ts';
import { someFacts } from './facts.ts';

const places = (changed: Partial<WrittenPlaces> = {}): WrittenPlaces => ({
  configFolder: '/home/ada/.config/studio-worker',
  outboxFolder: '/home/ada/.config/studio-worker/outbox',
  modelsRoot: '/models',
  nativeFolder: '/home/ada/.cache/studio-worker',
  receiptPath: '/home/ada/.local/share/studio-worker/install-receipt',
  changes: [],
  program: undefined,
  ...changed,
});
const USUAL = writableFolders(places());
const more = (changed: Partial<WrittenPlaces>) => writableFolders(places(changed)).slice(USUAL.length);

test('a worker writes its settings, its models, its native files and its receipt', () => {
  expect(USUAL).toEqual([
    '/home/ada/.config/studio-worker',
    '/models',
    '/home/ada/.cache/studio-worker',
    '/home/ada/.local/share/studio-worker',
  ]);
});

test('a service may write its own program’s folder and installed files', () => {
  expect(more({ program: '/opt/bin/studio-worker' })).toEqual(['/opt/bin']);
  expect(more({ changes: [{ is: 'file', path: '/opt/fish/studio-worker.fish' }] })).toEqual(['/opt/fish']);
  expect(
    more({
      changes: [
        { is: 'dir', path: '/opt/made' },
        { is: 'unknown', text: 'future' },
      ],
    }),
  ).toEqual([]);
});

test('a service may write results where a link of the operator’s leads', () => {
  const folders = writableFolders(places({ outboxFolder: '/big/results' }));
  expect(folders).toEqual([USUAL[0] ?? '', '/big/results', ...USUAL.slice(1)]);
});

test('a folder for two things is named once', () => {
  expect(writableFolders(places({ modelsRoot: '/home/ada/.cache/studio-worker' }))).toHaveLength(USUAL.length - 1);
});

test('an isolated unit of another config keeps the worker from the folder for models', () => {
  const unit = systemdUnit(someFacts({ writable: ['/models of 50%'] }));
  expect(missingRights(unit, '/models of 50%')).toEqual([]);
  expect(missingRights(unit, '/elsewhere')).toEqual(['the right to write /elsewhere']);
  expect(missingRights(systemdUnit(someFacts({ isolated: false })), '/elsewhere')).toEqual([]);
});
