import { expect, test } from 'bun:test';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { WorkerError } from '../../../src/base/errors.ts';
import type { Command, CommandTable } from '../../../src/cli/command.ts';
import { COMMANDS } from '../../../src/cli/commands/index.ts';
import { parseLine } from '../../../src/cli/args/parse.ts';
import { setup } from './a-world.ts';

const FIXTURES = 'tests/fixtures/cli';

async function everyCommand(
  table: CommandTable,
  above: readonly string[] = [],
): Promise<(readonly [string, Command])[]> {
  const found: (readonly [string, Command])[] = [];
  for (const [name, load] of Object.entries(table)) {
    const command = await load();
    const path = [...above, name];
    found.push([path.join(' '), command], ...(await everyCommand(command.subCommands, path)));
  }
  return found;
}

const EVERY = await everyCommand(COMMANDS);
/** Commands that print no facts: they run, group others, or print text that is meant for a shell or a reader. */
const NO_FACTS = new Set(['run', 'chat', 'register', 'studio', 'completions', 'help']);
/** Words of an example as a shell would split them; enough for quotes, blind to everything behind a redirection. */
const wordsOf = (line: string): string[] =>
  (line.split(/ [<>|] /)[0] ?? '').match(/"[^"]*"|[^\s"]+/g)?.map((word) => word.replaceAll('"', '')) ?? [];

test.each(EVERY)(
  '%s has a one-line summary and a command or commands below it',
  (_path, { summary, run, subCommands }) => {
    expect(summary).toMatch(/^[A-Z][^\n]{5,100}[^.\s]$/);
    expect(run !== undefined || Object.keys(subCommands).length > 0).toBe(true);
  },
);

test.each(EVERY)('every example of %s is a line it accepts', async (path, { examples }) => {
  for (const example of examples) {
    const inner = /\(studio-worker ([^)]*)\)/.exec(example)?.[1];
    const [program, ...argv] = wordsOf(inner === undefined ? example : `studio-worker ${inner}`);
    expect(program).toBe('studio-worker');
    const parsed = await parseLine(argv, COMMANDS);
    expect(parsed.path.join(' ')).toStartWith(path);
  }
});

test.each(EVERY)('%s offers --json exactly when it prints facts, and says what', (path, command) => {
  const printsFacts = command.run !== undefined && !NO_FACTS.has(path);
  expect('json' in command.args).toBe(printsFacts);
  expect(command.json !== undefined).toBe(printsFacts);
});

test.each(EVERY)('every flag of %s is explained', (_path, { args }) => {
  for (const [name, arg] of Object.entries(args)) {
    expect(name).toMatch(/^[a-z][a-z0-9-]+$/);
    expect(arg.description ?? '').toMatch(/^\S.{3,}[^.]$/);
  }
});

test.each(EVERY)('exit codes of %s are named once each', (_path, { exits = [] }) => {
  const codes = exits.map(({ code }) => code);
  expect(new Set([0, 64, 70, ...codes]).size).toBe(codes.length + 3);
});

/** Runs the first example of a command in a world where whatever opens the config file fails like this. */
async function exitWithConfig(failure: WorkerError, { examples: [example] }: Command): Promise<number> {
  const fail = (): Promise<never> => Promise.reject(failure);
  const opening = {
    openConfig: fail,
    models: fail,
    packs: fail,
    engines: fail,
    explainOffer: fail,
    runWorker: fail,
    updates: fail,
    service: fail,
    uninstaller: fail,
    paths: fail,
    pulls: fail,
    modelMemory: fail,
    openChat: fail,
    openLines: async () => async () => ({ is: 'ended' }) as const,
    doctor: fail,
  };
  await using cli = await setup({ world: { ...opening, readText: async () => '{}' } });
  const [, ...argv] = wordsOf(example);
  return await cli.run(...argv);
}

test.each(EVERY.filter(([, { run }]) => run !== undefined))(
  '%s names the exit code of an invalid config when it opens one',
  async (_path, command) => {
    const code = await exitWithConfig(new WorkerError('config.invalid', 'line 3: expected a number'), command);
    const isNamed = command.exits?.some((exit) => exit.code === 78) ?? false;
    expect(code === 78).toBe(isNamed);
  },
);

test.each(['worker.unresponsive', 'worker.incompatible', 'frame.malformed'] as const)(
  'explain-offer names the exit code that it ends with on %s',
  async (reason) => {
    const command = new Map(EVERY).get('explain-offer');
    if (command === undefined) throw new Error('there is no such command');
    const code = await exitWithConfig(new WorkerError(reason, 'no answer'), command);
    expect(command.exits?.map((exit) => exit.code)).toContain(code);
  },
);

test.each([['', undefined] as const, ...EVERY])('help for "%s" reads as agreed', async (path) => {
  await using cli = await setup();
  expect(await cli.run(...(path === '' ? [] : [...path.split(' '), '--help']))).toBe(0);
  const golden = `${FIXTURES}/help${path === '' ? '' : `-${path.replaceAll(' ', '-')}`}.txt`;
  if (process.env['UPDATE_GOLDENS'] === '1') writeFileSync(golden, cli.out());
  expect(existsSync(golden)).toBe(true);
  expect(cli.out()).toBe(readFileSync(golden, 'utf8'));
});

test('help and --help print the same, also below a group', async () => {
  await using asFlag = await setup();
  await using asCommand = await setup();
  await asFlag.run('studio', 'jobs', 'create', '-h');
  await asCommand.run('help', 'studio', 'jobs', 'create');
  expect(asCommand.out()).toBe(asFlag.out());
});

test.each([
  [['outbox', 'drop'], 'studio-worker outbox discard <'],
  [['models', 'remove'], 'studio-worker models rm <'],
  [['studio', 'workers', 'delete'], 'studio-worker studio workers rm <'],
  [['studio', 'jobs', 'ls'], 'studio-worker studio jobs list '],
])('%j is the command that other programs call so', async (argv, usage) => {
  await using cli = await setup();
  expect(await cli.run(...argv, '--help')).toBe(0);
  expect(cli.out()).toContain(`Usage: ${usage}`);
});

test.each([
  [['help', 'studio', 'jobs', 'cancle'], 'did you mean "cancel"?'],
  [['studio', 'jobs', 'cancle', '--help'], 'did you mean "cancel"?'],
  [['help', 'status', 'quickly'], '`status` has no commands below it'],
  [['help', 'nonsense'], 'unknown command "nonsense"'],
])('help on what does not exist, such as %j, fails as misuse', async (argv, words) => {
  await using cli = await setup();
  expect(await cli.run(...argv)).toBe(64);
  expect([cli.out(), cli.err()]).toEqual(['', expect.stringContaining(words)]);
});

test('run hands its flags to the worker and returns its exit code', async () => {
  const asked: unknown[] = [];
  const runWorker = async (options: unknown) => (asked.push(options), 77);
  await using cli = await setup({ world: { runWorker } });
  expect(await cli.run('run', '--config', 'a.toml', '--log-format', 'json', '--log-level', 'session=debug')).toBe(77);
  expect(asked).toEqual([{ configPath: 'a.toml', logFormat: 'json', logLevel: 'session=debug', logFile: false }]);
});

const STARTED = {
  url: 'http://127.0.0.1:9',
  pageUrl: () => 'http://127.0.0.1:9/#code=once',
  dataDir: '/d',
  tokenFile: '/d/operator-token',
  ended: Promise.resolve(),
} as const;

/** A studio command that starts nothing, and what it would have started. */
function untoldStudio() {
  const asked: unknown[] = [];
  const startStudio = async (options: unknown) => {
    asked.push(options);
    return STARTED;
  };
  return { asked, world: { startStudio } };
}

test.each(['0.0.0.0', '::', '192.168.1.7', '[fd00::7]', 'studio.example'])(
  'studio does not listen on %j, beyond this machine, without --insecure',
  async (host) => {
    const { asked, world } = untoldStudio();
    await using cli = await setup({ world });
    expect(await cli.run('studio', '--host', host)).toBe(64);
    expect(cli.err()).toContain('in the clear');
    expect(asked).toEqual([]);
    expect(await cli.run('studio', '--host', host, '--insecure')).toBe(0);
    expect(asked).toMatchObject([{ host }]);
  },
);

test.each(['127.0.0.1', '127.0.0.9', '::1', 'localhost'])('studio listens on %s without more ado', async (host) => {
  const { asked, world } = untoldStudio();
  await using cli = await setup({ world });
  expect(await cli.run('studio', '--host', host, '--public-name', 'studio.example, other.example')).toBe(0);
  expect(asked).toMatchObject([{ host, hostNames: ['studio.example', 'other.example'] }]);
});

test.each(['https://studio.example', 'studio.example:443', 'a b', '-x', '*'])(
  'studio refuses the public name %j, which no Host header holds',
  async (name) => {
    const { asked, world } = untoldStudio();
    await using cli = await setup({ world });
    expect(await cli.run('studio', `--public-name=${name}`)).toBe(64);
    expect(cli.err()).toContain('--public-name');
    expect(asked).toEqual([]);
  },
);

test('studio prints its address and where the token is, never the token', async () => {
  const asked: unknown[] = [];
  await using cli = await setup({
    world: {
      startStudio: async (options) => {
        asked.push(options);
        return STARTED;
      },
    },
  });
  expect(await cli.run('studio', '--port', '9', '--data', '/d')).toBe(0);
  expect(asked).toMatchObject([{ host: '127.0.0.1', port: 9, dataDir: '/d', logFormat: undefined }]);
  expect(cli.out()).toContain('http://127.0.0.1:9\n');
  expect(cli.out()).toContain('in /d/operator-token\n');
});

test('studio prints a code for its page to a terminal, and to no file', async () => {
  const { world } = untoldStudio();
  await using piped = await setup({ world });
  expect(await piped.run('studio')).toBe(0);
  expect(piped.out()).not.toContain('code=');
  expect(piped.out()).toContain('studio-worker studio dashboard --url http://127.0.0.1:9`');
  await using seen = await setup({ world, look: { isTty: true } });
  expect(await seen.run('studio')).toBe(0);
  expect(seen.out()).toContain('http://127.0.0.1:9/#code=once\n');
});

test('studio --open shows its page, and prints the address where nothing can', async () => {
  const shown: string[] = [];
  const { world } = untoldStudio();
  const showPage = async (url: string) => (shown.push(url), 'browser' as const);
  await using cli = await setup({ world: { ...world, showPage }, look: { isTty: true } });
  expect(await cli.run('studio', '--open')).toBe(0);
  expect(shown).toEqual(['http://127.0.0.1:9/#code=once']);
  expect(cli.out()).not.toContain('code=');
  await using bare = await setup({ world: { ...world, showPage: async () => 'none' }, look: { isTty: true } });
  expect(await bare.run('studio', '--open')).toBe(0);
  expect(bare.out()).toContain('#code=once');
});
