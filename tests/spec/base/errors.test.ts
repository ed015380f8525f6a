import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_HINTS, ERROR_CODES, type ErrorCode, WorkerError } from '../../../src/base/errors.ts';

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

/** Why an error of these codes may come without a hint. */
const WITHOUT_HINT: Readonly<Partial<Record<ErrorCode, string>>> = {
  'cli.usage': 'the command line adds which help to read',
  internal: 'the command line asks to report it',
  'update.untrusted': 'the command line asks to report it',
  'job.cancelled': 'somebody asked for it',
  'job.claim-lost': 'the studio decided it',
};

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

test('an error has its code’s hint unless it is thrown with another', () => {
  expect(new WorkerError('engine.stalled', 'stood still').hint).toBe(DEFAULT_HINTS['engine.stalled']);
  expect(new WorkerError('engine.stalled', 'stood still', { hint: 'Wait.' }).hint).toBe('Wait.');
});

test('every error has a hint, or its code a reason to have none', () => {
  const made = SOURCES.flatMap(({ path, code }) => callsOf(code).map((call) => ({ path, call })));
  expect(made.length).toBeGreaterThan(200);
  const bare = made.filter(({ call }) => !/\bhint\b/.test(call)).filter(({ call }) => !isExcused(call));
  expect(bare.map(({ path, call }) => `${path}: ${call.trim().slice(0, 80)}`)).toEqual([]);
});

test('no code has both a hint and a reason to have none', () => {
  expect(Object.keys(DEFAULT_HINTS).filter((code) => code in WITHOUT_HINT)).toEqual([]);
});

test('every hint of a code is a sentence that says what to do', () => {
  for (const hint of Object.values(DEFAULT_HINTS)) expect(hint).toMatch(/^[A-Z][a-z]+ .+\.$/);
});

test('every hint begins with what to do', () => {
  const texts = SOURCES.flatMap(({ code }) =>
    Array.from(code.matchAll(/\bhint:\s*[^'`,{}]*['`]([A-Z][\w-]*) ([^'`]*)/g)),
  );
  expect(texts.length).toBeGreaterThan(150);
  expect(texts.filter(([, first = '']) => STATES.has(first)).map(([text]) => text)).toEqual([]);
});

/** First words of a sentence that states a fact. */
const STATES = new Set(['A', 'An', 'If', 'In', 'It', 'Its', 'No', 'On', 'Only', 'The', 'There', 'This', 'To', 'With']);

/** The arguments of each `new WorkerError(…)`, whose brackets are counted: texts of messages hold none that is alone. */
function callsOf(code: string): readonly string[] {
  return code
    .split('new WorkerError(')
    .slice(1)
    .map((rest) => {
      let depth = 1;
      let at = 0;
      for (; depth > 0 && at < rest.length; at++) depth += rest[at] === '(' ? 1 : rest[at] === ')' ? -1 : 0;
      return rest.slice(0, at - 1);
    });
}

/** Every code that the call may have is in one of the tables; where it comes from outside, whoever gave it decides. */
function isExcused(call: string): boolean {
  const codes = [...call.matchAll(/'([\w.-]+)'/g)].map(([, name = '']) => name).filter((name) => name in ERROR_CODES);
  return codes.every((code) => code in DEFAULT_HINTS || code in WITHOUT_HINT);
}
