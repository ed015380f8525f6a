import { expect, test } from 'bun:test';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { openRotatingFile } from '../../../../src/system/disk/rotating-file.ts';
import { tempFolder } from '../../../fakes/system/temp-folder.ts';
import { needs, POSIX } from '../../../needs.ts';

const MAX_BYTES = 20;

async function setup() {
  const folder = await tempFolder();
  const path = folder.at('logs/worker.log');
  const older = [`${path}.1`, `${path}.2`];
  const open = () => openRotatingFile(path, { maxBytes: MAX_BYTES, older });
  const texts = () => [path, ...older].map((name) => (existsSync(name) ? readFileSync(name, 'utf8') : undefined));
  return { folder, path, older, open, texts, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

test('a full file is put aside, and the oldest one goes', async () => {
  await using at = await setup();
  const file = at.open();
  for (let line = 1; line <= 7; line++) file.write(`line number ${line}\n`);
  expect(at.texts()).toEqual(['line number 7\n', 'line number 6\n', 'line number 5\n']);
  file.close();
});

test('a file of an earlier run goes on, up to its size', async () => {
  await using at = await setup();
  const first = at.open();
  first.write('one\n');
  first.close();
  const second = at.open();
  second.write('two\n');
  second.write('a longer line\n');
  expect(at.texts()).toEqual(['a longer line\n', 'one\ntwo\n', undefined]);
  second.close();
});

test('two processes write to one file, whichever of them puts it aside', async () => {
  await using at = await setup();
  const [one, other] = [at.open(), at.open()];
  one.write('from one\n');
  other.write('from other\n');
  one.write('from one again\n');
  other.write('end\n');
  expect(at.texts()).toEqual(['from one again\nend\n', 'from one\nfrom other\n', undefined]);
  one.close();
  other.close();
});

test('a file that somebody removed is there again with the next line', async () => {
  await using at = await setup();
  const file = at.open();
  file.write('gone\n');
  rmSync(at.path);
  file.write('here\n');
  expect(at.texts()[0]).toBe('here\n');
  file.close();
});

test('a line that is longer than a whole file is kept', async () => {
  await using at = await setup();
  const file = at.open();
  const long = `${'x'.repeat(2 * MAX_BYTES)}\n`;
  file.write(long);
  file.write('next\n');
  expect(at.texts()).toEqual(['next\n', long, undefined]);
  file.close();
});

needs(POSIX)('the file is its owner’s alone, and no link is followed', async () => {
  await using at = await setup();
  const file = at.open();
  file.write('x\n');
  expect(statSync(at.path).mode & 0o777).toBe(0o600);
  file.close();
  rmSync(at.path);
  symlinkSync(at.folder.at('elsewhere'), at.path);
  expect(() => at.open()).toThrow('ELOOP');
  expect(existsSync(at.folder.at('elsewhere'))).toBe(false);
});
