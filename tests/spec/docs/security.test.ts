import { expect, test } from 'bun:test';
import { existsSync, readFileSync } from 'node:fs';

const PAGE = 'docs/security.md';
const TABLE = '## Who can make this machine do what';
/** Every way in: a new one gets its lines here and in the page. */
const DOORS = [
  'studio: frames',
  'studio: URLs',
  'studio: model sources',
  'studio: tasks',
  'download server',
  'redirects',
  'model files',
  'input files',
  "the operator's command line",
  'local users: files',
  'local users: sockets',
  'local users: temp folders',
  'the release feed',
  'the environment',
  "the embedded studio's HTTP",
  "the local API's HTTP",
  'workers towards the studio',
  "engines' children towards the worker",
];

interface Line {
  readonly door: string;
  readonly tests: readonly { readonly path: string; readonly title: string }[];
}

function linesOf(text: string): readonly Line[] {
  const [, behind = ''] = text.split(TABLE);
  const [section = ''] = behind.split('\n## ');
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) => {
    const tests = [...row.matchAll(/\]\(\.\.\/(\S+)\) “([^”]+)”/g)].map(([, path = '', title = '']) => ({
      path,
      title,
    }));
    return { door: row.split('|')[1]?.trim() ?? '', tests };
  });
}

const LINES = linesOf(readFileSync(PAGE, 'utf8'));

/** Whether a file declares a test of this title, whatever it is declared by. */
function hasTest(path: string, title: string): boolean {
  if (!existsSync(path)) return false;
  const code = readFileSync(path, 'utf8');
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => {
    const at = code.indexOf(quoted);
    return at > 0 && /^,\s*(?:async\s*)?(?:\(|\w+ =>|\{)/.test(code.slice(at + quoted.length));
  });
}

test('every door of the machine has a line in the security table', () => {
  expect(new Set(LINES.map(({ door }) => door))).toEqual(new Set(DOORS));
});

test('every line of the security table names tests that exist', () => {
  expect(LINES.filter(({ tests }) => tests.length === 0)).toEqual([]);
  const named = LINES.flatMap(({ tests }) => tests);
  expect(named.length).toBeGreaterThanOrEqual(LINES.length);
  expect(named.filter(({ path, title }) => !hasTest(path, title))).toEqual([]);
});

test('a test that was renamed, or is only spoken of, does not count', () => {
  const [named] = LINES.flatMap(({ tests }) => tests);
  expect(hasTest(named?.path ?? '', named?.title ?? '')).toBe(true);
  expect(hasTest(named?.path ?? '', `${named?.title} no more`)).toBe(false);
  expect(hasTest('tests/spec/docs/security.test.ts', 'studio: frames')).toBe(false);
  expect(hasTest('tests/nowhere.test.ts', 'x')).toBe(false);
});
