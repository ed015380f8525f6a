import { expect, test } from 'bun:test';
import fc from 'fast-check';
import { editToml, parseToml, type TomlTable, type TomlValue, writeToml } from '../../../src/config/toml.ts';

const FILE = `# my worker
api_base_url = "https://studio.minis.gg/" # home

vram_threshold_gb = 12.0
label = 'garage'   # legacy
engines = [
  "sd-cpp", # fast
]

# extras of another tool
[tray]
theme = "dark"
`;

const tableOf = (text: string): TomlTable => {
  const reading = parseToml(text);
  if (reading.is === 'broken') throw new Error(reading.because);
  return reading.table;
};

test('a changed key changes its value and nothing else in the file', () => {
  const edited = editToml(FILE, { vram_threshold_gb: 8 });
  expect(edited).toBe(FILE.replace('12.0', '8.0'));
});

test('a comment behind a value stays there', () => {
  const edited = editToml(FILE, { api_base_url: 'http://localhost:9790' });
  expect(edited).toContain('api_base_url = "http://localhost:9790" # home\n');
});

test('a hash inside a text is not taken for a comment', () => {
  expect(editToml('a = "x # y" # z\n', { a: 'q # r' })).toBe('a = "q # r" # z\n');
});

test('a new key goes below the last one and never into a table', () => {
  const edited = editToml(FILE, { worker_id: 'w1' });
  expect(edited).toBe(FILE.replace(']\n\n# extras', ']\nworker_id = "w1"\n\n# extras'));
});

test('a new key in a file of comments goes to its end', () => {
  expect(editToml('# nothing yet\n', { a: 1n })).toBe('# nothing yet\na = 1\n');
  expect(editToml('', { a: 1n })).toBe('a = 1\n');
  expect(editToml('# top\n\n[t]\nb = 2\n', { a: 1n })).toBe('# top\na = 1\n\n[t]\nb = 2\n');
});

test('a removed key takes its line with it', () => {
  expect(editToml(FILE, { label: undefined })).toBe(FILE.replace("label = 'garage'   # legacy\n", ''));
});

test('whole numbers and numbers with a point keep their spelling', () => {
  expect(editToml('', { a: 12, b: 12n, c: 0.1 })).toBe('a = 12.0\nb = 12\nc = 0.1\n');
  expect(tableOf('a = 12.0\nb = 12')).toEqual({ a: 12, b: 12n });
});

test('the line ends and the byte order mark of Windows survive', () => {
  const edited = editToml('\uFEFFa = 1\r\nb = 2\r\n', { b: 3n, c: 4n });
  expect(edited).toBe('\uFEFFa = 1\r\nb = 3\r\nc = 4\r\n');
});

test('a line that only looks like the key is left alone', () => {
  const text = 'note = """\nworker_id = "not me"\n"""\nworker_id = "w1"\n';
  expect(tableOf(editToml(text, { worker_id: 'w2' }))).toEqual({ note: 'worker_id = "not me"\n', worker_id: 'w2' });
});

for (const [what, text] of [
  ['quoted', '"worker_id" = "w1"\nother = 1\n'],
  ['multi-line', 'worker_id = """\nw1"""\nother = 1\n'],
] as const) {
  test(`a ${what} spelling of a key is rewritten with every value kept`, () => {
    expect(tableOf(editToml(text, { worker_id: 'w2' }))).toEqual({ worker_id: 'w2', other: 1n });
    expect(tableOf(editToml(text, { worker_id: undefined }))).toEqual({ other: 1n });
  });
}

test.each([
  [
    'a table of its own',
    '# mine\n\n[kinds] # off here\nvideo = false # slow\n\n[other]\nvideo = 1\n',
    '\nvideo = true # slow\nmesh = false\n\n',
  ],
  ['one line', 'a = 1\nkinds = { video = false } # off\nb = 2\n', 'kinds = { video = true, mesh = false } # off\n'],
  ['no line yet', 'a = 1 # one\n', 'a = 1 # one\n\n[kinds]\nvideo = true\nmesh = false\n'],
])('a table with %s is changed key by key, and all else stays', (_what, text, changed) => {
  const kinds = { video: true, mesh: false };
  const edited = editToml(text, { kinds });
  expect(edited).toContain(changed);
  for (const comment of text.match(/#.*/g) ?? []) expect(edited).toContain(comment);
  const gone = editToml(text, { kinds: undefined });
  expect(gone).not.toContain('kinds');
  expect(parseToml(gone)).toEqual(parseToml(text.includes('[other]') ? '[other]\nvideo = 1\n' : gone));
});

test('a broken text is located without quoting it', () => {
  const reading = parseToml('a = 1\nauth_token = "tok\nb = 2\n');
  expect(reading).toEqual({
    is: 'broken',
    line: 2,
    column: 18,
    because: 'control characters are not allowed in strings',
  });
});

const key = fc.oneof(fc.constantFrom('worker_id', 'label', 'a-b', 'x'), fc.string({ minLength: 1, maxLength: 8 }));
const scalar: fc.Arbitrary<TomlValue> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(key, scalar, { maxKeys: 3, noNullPrototype: true }),
);
const table = fc.dictionary(key, value, { maxKeys: 6, noNullPrototype: true });

test('whatever a file holds, an edit sets its keys and keeps all others', () => {
  fc.assert(
    fc.property(table, fc.dictionary(key, fc.option(scalar, { nil: undefined }), { maxKeys: 3 }), (before, changes) => {
      const expected = new Map(Object.entries({ ...before, ...changes }).filter(([, kept]) => kept !== undefined));
      const after = tableOf(editToml(commented(writeToml(before)), changes));
      expect(new Map(Object.entries(after).map(([name, kept]) => [name, plain(kept)]))).toEqual(
        new Map([...expected].map(([name, kept]) => [name, plain(kept)])),
      );
    }),
  );
});

test('an edit that changes nothing gives the text back to the byte', () => {
  fc.assert(
    fc.property(table, (before) => {
      const text = commented(writeToml(before));
      expect(editToml(text, {})).toBe(text);
    }),
  );
});

/** The same file as a person keeps it: a comment first, blank lines last. */
const commented = (text: string): string => `# mine\n\n${text}\n# end\n`;
/** TOML tables have no prototype; a comparison should not stumble over that. */
const plain = (value: TomlValue | undefined): unknown =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'bigint' ? `${inner}n` : typeof inner === 'number' ? `${inner}f` : inner,
  );
