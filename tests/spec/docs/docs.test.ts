import { expect, test } from 'bun:test';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ERROR_CODES } from '../../../src/base/errors.ts';
import type { Command, CommandTable } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import { configRows } from '../../fakes/config-rows.ts';
import { ROUTE_NAMES, ROUTES } from '../../../src/local-api/contract/routes.ts';
import { OPERATOR_ROUTES } from '../../../src/contract/operator/routes.ts';
import { API_PREFIX } from '../../../src/contract/routes.ts';
import { measure } from '../../../src/local-studio/metrics/measured.ts';
import { createStudioTallies } from '../../../src/local-studio/metrics/studio-tallies.ts';

const PAGES = ['*.md', 'docs/*.md', 'src/README.md'].flatMap((glob) => Array.from(new Bun.Glob(glob).scanSync('.')));
const textOf = (page: string): Promise<string> => Bun.file(page).text();

/** What stands between two markers of a page, and what must. `UPDATE_DOCS=1` writes it. */
async function block(page: string, name: string, lines: readonly string[]): Promise<{ is: string; must: string }> {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const text = await textOf(page);
  const [from, to] = [text.indexOf(start) + start.length, text.indexOf(end)];
  const must = lines.join('\n');
  if (process.env['UPDATE_DOCS'] === '1') {
    await Bun.write(page, `${text.slice(0, from)}\n\n${must}\n\n${text.slice(to)}`);
  }
  return { is: squeezed(text.slice(from, to).trim()), must: squeezed(must) };
}

/** The formatter pads tables; only the words count. */
const squeezed = (text: string): string => text.replaceAll(/ +/g, ' ').replaceAll(/-+/g, '-');

/** Behind the sentence of a key: when an edit of it counts. */
const MARKS = { live: ' ↻', restart: '', unused: ' ◌' };

test('the config table in the README is the one the program goes by', async () => {
  const rows = configRows()
    .filter((row) => !row.secret)
    .map(
      ({ key, default: usual, unit, sentence, applies }) =>
        `| \`${key}\` | ${usual === '' ? '' : `\`${usual}\``} | ${unit} | ${sentence}${MARKS[applies]} |`,
    );
  const head = ['| key | default | unit | what it does |', '| - | - | - | - |'];
  const { is, must } = await block('README.md', 'config', [...head, ...rows]);
  expect(is).toBe(must);
});

test('the command table in the README has every command with its summary', async () => {
  const rows = await Promise.all(
    Object.entries(COMMANDS).map(async ([name, load]) => `| \`${name}\` | ${(await load()).summary} |`),
  );
  const { is, must } = await block('README.md', 'commands', ['| command | does |', '| - | - |', ...rows]);
  expect(is).toBe(must);
});

test('the table of error codes has every code with its exit code', async () => {
  const rows = Object.entries(ERROR_CODES).map(
    ([code, { acts, retryable, exit }]) => `| \`${code}\` | ${ACTORS[acts]} | ${retryable ? 'yes' : 'no'} | ${exit} |`,
  );
  const head = ['| code | who | retry | exit |', '| - | - | - | - |'];
  const { is, must } = await block('docs/operations.md', 'errors', [...head, ...rows]);
  expect(is).toBe(must);
});
const ACTORS = {
  operator: 'operator',
  studio: 'studio',
  machine: 'this machine',
  task: 'author of the task',
  us: 'developers',
};

test('the table of local routes has every route with who may ask', async () => {
  const who = { anyone: 'anyone', bearer: 'token', page: 'page' };
  const rows = ROUTE_NAMES.map((name) => ROUTES[name]).map(
    ({ method, path, access, summary }) => `| ${method} | \`${path}\` | ${who[access]} | ${summary} |`,
  );
  const head = ['| method | path | for | does |', '| - | - | - | - |'];
  const { is, must } = await block('docs/local-api.md', 'routes', [...head, ...rows]);
  expect(is).toBe(must);
});

test('the table of figures has every figure of a studio', async () => {
  const measured = [...createStudioTallies().read(), ...measure(SOME_FIGURES)];
  const rows = measured.map(({ name, help }) => `| \`studio_${name}\` | ${help} |`).toSorted();
  const { is, must } = await block('docs/fleet.md', 'figures', ['| figure | is |', '| - | - |', ...rows]);
  expect(is).toBe(must);
});

/** Of a studio that has nothing; what it would have is named all the same. */
const SOME_FIGURES: Parameters<typeof measure>[0] = {
  studioId: '',
  startedAt: 0,
  usage: { residentBytes: 0, cpuSeconds: 0 },
  sessions: [],
  listeners: 0,
  reading: {
    projects: [],
    jobs: [],
    oldestQueued: [],
    workers: 0,
    sessions: undefined,
    pendingRegistrations: 0,
    webhooks: { active: 0, disabled: 0 },
    deliveries: { pending: 0, due: 0 },
    artifacts: { count: 0, sizeBytes: 0 },
  },
};

test('the first two commands of the README are the demo and the checks', async () => {
  const commands = [...(await textOf('README.md')).matchAll(/^npx --yes bun@1\.4\.5 run (\w+)$/gm)];
  expect(commands.map(([, name]) => name).slice(0, 2)).toEqual(['demo', 'check']);
});

test('a command of a fresh clone installs what it needs before it runs', async () => {
  const { scripts }: { scripts: Record<string, string> } = await Bun.file('package.json').json();
  const pages = await Promise.all(PAGES.map(textOf));
  const commands = [...pages.join('\n').matchAll(/^(?:\$ )?npx --yes bun@1\.4\.5 (\S+) ([\w-]+)/gm)];
  expect(commands.length).toBeGreaterThan(4);
  expect(new Set(commands.map(([, run]) => run))).toEqual(new Set(['run']));
  for (const [, , name = ''] of commands) expect(scripts[name]).toStartWith('bun run setup && ');
});

test('every link from a page to a file of the project resolves', async () => {
  const broken: string[] = [];
  expect(PAGES).toContain('docs/operations.md');
  for (const page of PAGES) {
    for (const [, target = ''] of (await textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      const known = existsSync(file) && (anchor === undefined || headingsOf(await textOf(file)).has(anchor));
      if (!known) broken.push(`${page}: ${target}`);
    }
  }
  expect(broken).toEqual([]);
});

/** Headings by the anchors that Git hosts give them. */
const headingsOf = (text: string): ReadonlySet<string> =>
  new Set(
    [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test('every source file that the map or a developer page names exists', async () => {
  for (const page of ['src/README.md', 'docs/architecture.md', 'CONTRIBUTING.md']) {
    const named = [...(await textOf(page)).matchAll(/`([a-z][\w./-]*\.(?:ts|json))`/g)].map(([, path = '']) => path);
    const isNamed = (path: string): boolean => existsSync(path) || existsSync(join('src', path));
    expect(
      named.filter((path) => path.includes('/') && !isNamed(path)),
      page,
    ).toEqual([]);
  }
});

/** Command lines of the pages: in code, from the program's name to the end of the line or of the code. */
const COMMAND_LINE =
  /(?:^|`)(?:dist\/)?studio-worker ((?:[a-z][a-z-]*)(?: [a-z][a-z-]*)*)?((?: --[a-z-]+| [^`\n]+)*)/gm;

test('every command and flag that a page names exists', async () => {
  const unknown: string[] = [];
  for (const page of PAGES) {
    for (const [line, words = '', rest = ''] of (await textOf(page)).matchAll(COMMAND_LINE)) {
      const flags = [...rest.replace(/ #.*$/, '').matchAll(/ (--[a-z-]+)/g)].map(([, flag = '']) => flag);
      const command = await commandOf(words.split(' '), COMMANDS);
      const known = new Set(Object.keys(command?.args ?? {}).map((name) => `--${name}`));
      const strange = flags.filter((flag) => !known.has(flag) && !GLOBAL.has(flag));
      if (words !== '' && (command === undefined || strange.length > 0)) unknown.push(`${page}: ${line}`);
    }
  }
  expect(unknown).toEqual([]);
});
const GLOBAL: ReadonlySet<string> = new Set(['--config', '--help', '--version']);

async function commandOf(words: readonly string[], table: CommandTable): Promise<Command | undefined> {
  const [first = '', ...others] = words;
  const load = Object.hasOwn(table, first) ? table[first] : undefined;
  const found = await load?.();
  if (found === undefined || others.length === 0) return found;
  // What follows a command that only groups others must be one of them.
  return (await commandOf(others, found.subCommands)) ?? (found.run === undefined ? undefined : found);
}

test('every config key that a page names exists', async () => {
  const keys: ReadonlySet<string> = new Set(configRows().map(({ key }) => key));
  const prefixes = [...keys].filter((key) => key.includes('_')).map((key) => key.slice(0, key.indexOf('_') + 1));
  for (const page of PAGES) {
    const named = [...(await textOf(page)).matchAll(/`([a-z]+(?:_[a-z]+)+)(?: = [^`]*)?`/g)].map(([, key = '']) => key);
    const strange = named.filter((key) => prefixes.some((prefix) => key.startsWith(prefix)) && !keys.has(key));
    expect(strange, page).toEqual([]);
  }
});

test('every environment variable of the program is documented', async () => {
  const operations = await textOf('docs/operations.md');
  const names = new Set<string>();
  for await (const path of new Bun.Glob('src/**/*.ts').scan('.')) {
    for (const [name] of (await textOf(path)).matchAll(/\b(?:STUDIO_WORKER|SENTRY)_[A-Z_]*[A-Z]\b/g)) names.add(name);
  }
  expect([...names].filter((name) => !operations.includes(`\`${name}\``))).toEqual([]);
});

test('every route of the operator API has a heading with an example below it', async () => {
  const reference = await textOf('docs/operator-api.md');
  const routes = Object.values(OPERATOR_ROUTES).map(({ method, path }) => `${method} ${path}`);
  const sections = reference.split(/^### /m).slice(1);
  const documented = sections.filter((section) => section.includes('```sh\ncurl ')).map((text) => text.split('\n')[0]);
  expect(documented.toSorted()).toEqual(routes.map((route) => `\`${route}\``).toSorted());
  expect(reference).toContain(API_PREFIX);
});

test('the map leads an offer to its delivery through eight short files in order', async () => {
  const map = await textOf('src/README.md');
  const walk = map.slice(map.indexOf('**An offer'), map.indexOf('**A model file'));
  const paths = [...walk.matchAll(/`([^`]+\.tsx?)`/g)].map(([, path = '']) => path);
  expect(walk.match(/^\d+\. /gm)).toHaveLength(8);
  expect(paths).toHaveLength(8);
  expect(paths.filter((path) => path.startsWith('compose'))).toEqual([]);
  for (const path of paths) expect((await textOf(`src/${path}`)).split('\n').length).toBeLessThan(150);
});

test('the map names every file that decides something for each task kind', async () => {
  const map = await textOf('src/README.md');
  const places = map.slice(map.indexOf('## One obvious place')).matchAll(/`([^`]+\.tsx?)`/g);
  const named = new Set(Array.from(places, ([, path]) => path));
  const deciding: string[] = [];
  for await (const path of new Bun.Glob('**/*.{ts,tsx}').scan('src')) {
    const decides = /(?<!Partial<)Record<TaskKindId\b|\[\w+ in TaskKindId\]|\bcase 'mesh':/.test(
      await textOf(`src/${path}`),
    );
    if (decides && !path.startsWith('contract/tasks/')) deciding.push(path);
  }
  expect(deciding.length).toBeGreaterThan(5);
  expect(deciding.filter((path) => !named.has(path))).toEqual([]);
});
