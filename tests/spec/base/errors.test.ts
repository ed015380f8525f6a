import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_CODES, type ErrorCode } from '../../../src/base/errors.ts';

const SRC = join(import.meta.dir, '../../../src');
/** The table itself, and those of log events, some of which share a name with an error. */
const TABLES = /^base\/errors\.ts$|^log\/sentences\//;

/** What each source file does, without comments, events it logs and codes that it only compares with. */
const SOURCES = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => path.endsWith('.ts') && !TABLES.test(path))
  .map((path) => {
    const code = readFileSync(join(SRC, path), 'utf8')
      .replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
      .replaceAll(/\b(?:debug|info|warn|error)\(\s*'[\w.-]+'/g, '')
      .replaceAll(/(?:[!=]==|\bcase) '[\w.-]+'/g, '');
    return { path, code };
  });

const throwersOf = (code: ErrorCode): readonly string[] =>
  SOURCES.filter((source) => source.code.includes(`'${code}'`)).map(({ path }) => path);

test('every error code in the table is thrown, or ends the process', () => {
  const codes = Object.keys(ERROR_CODES) as ErrorCode[];
  expect(codes.filter((code) => throwersOf(code).length === 0)).toEqual([]);
});

test('only what talks to a studio says that the studio is unreachable', () => {
  const folders = throwersOf('studio.unreachable').map((path) => path.split('/')[0]);
  expect([...new Set(folders)].toSorted()).toEqual(['operator', 'studio']);
});
