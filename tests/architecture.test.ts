import { expect, test } from 'bun:test';
import { readdirSync, readFileSync } from 'node:fs';

/**
 * Who may import whom; `x*` means types only, `x/` types and what stands at the top of the folder, pure functions on them,
 * `x/y` that folder or file of it alone.
 */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  system: ['base'],
  contract: ['base'],
  log: ['base', 'contract*', 'system*'],
  metrics: [],
  config: ['base', 'contract', 'system*', 'log*'],
  models: ['base', 'contract', 'system*', 'log*'],
  release: ['base', 'contract', 'jobs*', 'models*', 'system*', 'log*'],
  service: ['base', 'release', 'system*', 'log*'],
  engines: ['base', 'contract', 'system*', 'log*'],
  jobs: ['base', 'contract', 'engines/', 'system*', 'log*'],
  studio: ['base', 'contract', 'jobs*', 'system*', 'log*'],
  worker: ['base', 'contract', 'jobs', 'studio', 'models', 'engines/', 'config*', 'release*', 'system*', 'log*'],
  'page-host': ['base', 'contract', 'system*', 'log/'],
  'local-studio': ['base', 'contract', 'metrics', 'page-host', 'system*', 'log*'],
  'local-api': [
    'base',
    'contract',
    'metrics',
    'page-host',
    'config',
    'jobs*',
    'models*',
    'engines*',
    'release*',
    'worker',
    'system*',
    'log/',
  ],
  ui: ['base', 'contract', 'local-api/contract', 'local-api/client', 'config*', 'system*', 'log*'],
  page: ['base', 'contract', 'local-api/contract', 'local-api/client', 'system*'],
  operator: ['base', 'contract', 'system*'],
  doctor: ['base', 'contract', 'config', 'demo', 'engines*', 'release*', 'service*', 'system*', 'worker*'],
  demo: ['base', 'contract', 'operator*', 'system*', 'log*'],
  compose: ['*'],
  'compose.ts': ['*'],
  licences: [],
  cli: ['base', 'contract', 'licences', '*types'],
  'main.ts': ['cli', 'compose', 'compose.ts', 'base', 'system'],
};

/** Who may import whom inside `models`: bytes on the way, files on the disk, what fits in memory, what is loaded. */
const MAY_IMPORT_IN_MODELS: Readonly<Record<string, readonly string[]>> = {
  'names.ts': [],
  'state-file.ts': [],
  headers: [],
  download: ['names.ts', 'state-file.ts'],
  store: ['names.ts', 'state-file.ts', 'headers', 'download'],
  given: ['headers', 'store'],
  catalogue: [],
  memory: ['state-file.ts'],
  loaded: ['state-file.ts', 'memory'],
};

/** Where a package, a runtime module or a runtime global may be named at all. */
const ONLY_IN: readonly (readonly [what: RegExp, where: RegExp])[] = [
  [/^citty$/, /^cli\//],
  [/^smol-toml$/, /^config\/toml\.ts$/],
  [/^@cfworker\/json-schema$/, /^jobs\/results\/json\.ts$/],
  [/^ws$/, /^system\/net\/sockets\.ts$/],
  [/^consola(\/|$)/, /^log\//],
  [
    /^valibot$/,
    /^(contract|config|release|worker\/control|local-api\/contract|page\/(?:studio\/)?live|page\/kit\/media\/mesh)\/|\/messages\.ts$|^engines\/piper\/voice\.ts$/,
  ],
  [/^onnxruntime-node$/, /^engines\/onnx\/binding\.ts$/],
  [/^node-llama-cpp$/, /^engines\/llama\/(vectors\/)?binding\.ts$/],
  [/^@huggingface\/jinja$/, /^engines\/llama\/templates\/binding\.ts$/],
  [/^@fugood\/llama\.node$/, /^engines\/llama\/vision\/binding\.ts$/],
  [/^@fugood\/whisper\.node$/, /^engines\/whisper\/binding\.ts$/],
  [/^@gradio\/client$/, /^engines\/gradio\/binding\.ts$/],
  [/^prom-client$/, /^metrics\/prometheus\.ts$/],
  [/^sharp$/, /^system\/native\/sharp-images\.ts$/],
  [/^@sentry\/bun$/, /^log\/sentry\.ts$/],
  [/^(preact|@preact\/signals)(\/|$)/, /^page\//],
  [/^(node:|bun(:|$))/, /^system\/|\/binding\.ts$/],
];
const BUN_GLOBAL = /\bBun\.\w+/;
const ENVIRONMENT = /\bprocess\.\w+/;
/** Where the outside world is: that of a process, and that of a page. */
const OUTSIDE = /^(?:system|page\/browser)\//;
/**
 * Time, chance and the network: whoever takes them from the runtime cannot be tested with others. A method that is called
 * `fetch` is no call of it. `queueMicrotask` is none of them: what it is given runs before any timer or I/O, as what follows
 * an `await` does, so that no test has to hold it back.
 */
const EFFECT =
  /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\b(?:set(?:Timeout|Interval|Immediate)|(?<!async )fetch)\(|\bMath\.random\(|\brandom(?:UUID|Bytes)\(|\bnew WebSocket\(|\bAbortSignal\.timeout\(/;

/** What a page reaches its browser by; the tree that it draws is its own. */
const BROWSER =
  /(?<![.\w])(?:navigator|location|history|localStorage|sessionStorage)\.[a-z]|(?<![.\w])(?:matchMedia|requestAnimationFrame|addEventListener|createImageBitmap|reportError)\(|\bnew (?:EventSource|BroadcastChannel|OfflineAudioContext)\(/;
/** The tree that a page draws. */
const DOM = /(?<![./\w])document\.[a-z]/;

const STATIC = /^(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?['"]([^'"]+)['"]/gm;
const DYNAMIC = /\bimport\(\s*()['"]([^'"]+)['"]/g;

/** As many as one glance takes in. */
const MAX_FILES_PER_FOLDER = 16;
/** As many as a list of failures shows on one line. */
const MAX_TITLE_WORDS = 14;

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path));
const TESTS = readdirSync('tests', { recursive: true, encoding: 'utf8' })
  .map((path) => path.replaceAll('\\', '/'))
  .filter((path) => /\.tsx?$/.test(path));
const codeOf = (file: string): string => readFileSync(`src/${file}`, 'utf8');
const testCodeOf = (path: string): string => readFileSync(`tests/${path}`, 'utf8');
const withoutComments = (code: string): string => code.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');

test('folders import only downwards, effects only as types, packages only where they belong', () => {
  const broken: string[] = [];
  for (const file of SOURCES) {
    for (const [, type, target = ''] of [...codeOf(file).matchAll(STATIC), ...codeOf(file).matchAll(DYNAMIC)]) {
      if (!allowed(file, target, Boolean(type))) broken.push(`${file} → ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('inside models a download knows no store, and the store nothing of memory', () => {
  const broken: string[] = [];
  for (const file of SOURCES.filter((path) => path.startsWith('models/'))) {
    const room = file.split('/')[1] ?? '';
    for (const [, , target = ''] of codeOf(file).matchAll(STATIC)) {
      const [top, to = ''] = new URL(target, `file:///${file}`).pathname.slice(1).split('/');
      const isInside = target.startsWith('.') && top === 'models' && to !== room;
      if (isInside && !MAY_IMPORT_IN_MODELS[room]?.includes(to)) broken.push(`${file} → ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('the local API’s contract imports nothing of the worker', () => {
  const broken: string[] = [];
  for (const file of SOURCES.filter((path) => path.startsWith('local-api/contract/'))) {
    for (const target of importsOf(file)) {
      if (!/^(?:base|contract|local-api\/contract)\//.test(target)) broken.push(`${file} → ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

test('the runtime is touched only where effects live', () => {
  const broken = SOURCES.filter((file) => {
    const code = withoutComments(codeOf(file));
    return !/^system\/|\/binding\.ts$/.test(file) && (BUN_GLOBAL.test(code) || ENVIRONMENT.test(code));
  });
  expect(broken).toEqual([]);
});

test('time, chance and the network are reached only where the outside world is', () => {
  const inside = SOURCES.filter((file) => !OUTSIDE.test(file));
  expect(inside.filter((file) => EFFECT.test(withoutComments(codeOf(file))))).toEqual([]);
});

test('a page reaches its browser at one place, and nothing else has one', () => {
  const inPage = SOURCES.filter((file) => file.startsWith('page/') && !OUTSIDE.test(file));
  const domless = SOURCES.filter((file) => !file.startsWith('page/'));
  expect(inPage.filter((file) => BROWSER.test(withoutComments(codeOf(file))))).toEqual([]);
  expect(domless.filter((file) => DOM.test(withoutComments(codeOf(file))))).toEqual([]);
});

test('an engine and a loaded model have no optional members, and fit one screen', () => {
  const seam = codeOf('engines/engine.ts');
  expect(seam.match(/\w+\?[:(]/g) ?? []).toEqual([]);
  expect(seam.split('\n').length).toBeLessThanOrEqual(61);
});

test('no source file is longer than three hundred lines', () => {
  expect(SOURCES.filter((file) => codeOf(file).split('\n').length > 301)).toEqual([]);
});

test('no two files import each other, however far around, types included', () => {
  expect(firstCircle(new Map(SOURCES.map((file) => [file, importsOf(file)])))).toBe(undefined);
});

test('the search for circles names one that goes through types', () => {
  const edges = new Map([
    ['a.ts', ['b.ts']],
    ['b.ts', ['c.ts', 'd.ts']],
    ['c.ts', []],
    ['d.ts', ['b.ts']],
  ]);
  expect(firstCircle(edges)).toBe('b.ts → d.ts → b.ts');
});

test('no folder shows more than sixteen files at one level', () => {
  const counts = Map.groupBy(SOURCES, (file) => file.slice(0, file.lastIndexOf('/') + 1));
  const crowded = [...counts].filter(([, files]) => files.length > MAX_FILES_PER_FOLDER);
  expect(crowded.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
});

test('no test is skipped but by naming what it needs', () => {
  const skipping = TESTS.filter((path) => path !== 'needs.ts').filter((path) =>
    /\b(?:test|describe|it)\.(?:skip|if|todo)/.test(testCodeOf(path)),
  );
  expect(skipping).toEqual([]);
});

test('no test has a title of more than fourteen words', () => {
  const titles = TESTS.flatMap((path) => titlesIn(testCodeOf(path)));
  expect(titles.length).toBeGreaterThan(3_000);
  expect(titles.filter((title) => title.split(/\s+/).length > MAX_TITLE_WORDS)).toEqual([]);
});

test('the search for titles finds those of tables and of other lines', () => {
  const code = `test('a', () => {}); test.each([[1]])('b %d', async (n) => {}); needs(LINUX)(\n"it's c",\nasync () => {});`;
  expect(titlesIn(code)).toEqual(['a', 'b %d', "it's c"]);
});

/** The titles in the code of a test: each text that is followed by a function. */
const titlesIn = (code: string): readonly string[] =>
  [...code.matchAll(/\(\s*(['"`])((?:\\.|(?!\1)[^\\])+)\1,\s*(?:async\s*)?\(/g)].map(([, , title = '']) =>
    title.trim(),
  );

/** What a file of ours imports of ours, types included. */
const importsOf = (file: string): readonly string[] =>
  [...codeOf(file).matchAll(STATIC), ...codeOf(file).matchAll(DYNAMIC)]
    .map(([, , target = '']) => target)
    .filter((target) => target.startsWith('.'))
    .map((target) => pathFrom(file, target));

/** The first way round that a walk along the imports comes upon, spelled out; undefined when there is none. */
function firstCircle(edges: ReadonlyMap<string, readonly string[]>): string | undefined {
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): string | undefined => {
    if (way.includes(file)) return [...way.slice(way.indexOf(file)), file].join(' → ');
    if (done.has(file)) return undefined;
    for (const next of edges.get(file) ?? []) {
      const circle = visit(next, [...way, file]);
      if (circle !== undefined) return circle;
    }
    done.add(file);
    return undefined;
  };
  for (const file of edges.keys()) {
    const circle = visit(file, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}

const pathFrom = (file: string, target: string): string => new URL(target, `file:///${file}`).pathname.slice(1);

function allowed(file: string, target: string, asType: boolean): boolean {
  if (!target.startsWith('.')) {
    const isAnywhere = asType && target === 'valibot'; // whoever takes any schema names its type
    return isAnywhere || ONLY_IN.every(([what, where]) => !what.test(target) || where.test(file));
  }
  const path = pathFrom(file, target);
  if (path === 'package.json') return file === 'base/version.ts';
  const from = file.split('/')[0] ?? '';
  const to = path.split('/')[0] ?? '';
  const may = MAY_IMPORT[from] ?? [];
  const isAtTop = path.split('/').length === 2;
  return (
    from === to ||
    may.includes('*') ||
    may.includes(to) ||
    (isAtTop && may.includes(`${to}/`)) ||
    may.some((entry) => path === entry || path.startsWith(`${entry}/`)) ||
    (asType && [`${to}*`, `${to}/`, '*types'].some((entry) => may.includes(entry)))
  );
}
