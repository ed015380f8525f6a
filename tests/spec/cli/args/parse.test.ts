import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { WorkerError } from '../../../../src/base/errors.ts';
import { command, type CommandTable } from '../../../../src/cli/command.ts';
import { parseLine } from '../../../../src/cli/args/parse.ts';
import { aScreen, setup } from '../a-world.ts';

test.each([
  [['bogus\u001B[2J\u0007']],
  [['status', '--bogus\u001B[2J']],
  [['status', 'surplus\u001B[2J']],
  [['set-threshold', '\u001B[2J']],
  [['register', '--api-base-url', '\u001B[2J']],
  [['run', '--log-format', '\u001B[2J']],
  [['studio', 'jobs', 'create', '--file', '/nowhere\u001B[2J', '--kind', 'image']],
])('a line with an escape sequence is refused without it: %j', async (line) => {
  await using cli = await setup();
  expect(await cli.run(...line)).toBe(64);
  expect(cli.err()).toContain('\uFFFD');
  expect(cli.err()).not.toContain('\u001B');
  expect(await cli.run('x'.repeat(100_000))).toBe(64);
  expect(cli.err().length).toBeLessThan(1_000);
});

/** A table with a command that remembers what it was given, and a group. */
function aTable() {
  const seen: Record<string, unknown>[] = [];
  const table: CommandTable = {
    paint: async () =>
      command({
        summary: 'Paint',
        examples: ['paint'],
        args: {
          wall: { type: 'positional' },
          tint: { type: 'positional', required: false },
          colour: { type: 'enum', options: ['red', 'blue'] },
          coats: { type: 'string', alias: 'c' },
          fast: { type: 'boolean' },
        },
        run: async (args) => void seen.push({ ...args }),
      }),
    tools: async () =>
      command({
        summary: 'Tools',
        examples: ['tools'],
        args: { size: { type: 'string' } },
        subCommands: {
          list: async () => command({ summary: 'List', examples: ['l'], args: {}, run: async () => 7 }),
          add: async () =>
            command({
              summary: 'Add',
              examples: ['a'],
              args: { n: { type: 'string', required: true } },
              run: async () => {},
            }),
        },
      }),
  };
  return { table, seen };
}

async function paint(...argv: string[]): Promise<Record<string, unknown> | undefined> {
  const { table, seen } = aTable();
  const { command: found, canonical } = await parseLine(argv, table);
  await using cli = await setup();
  await found?.run?.(canonical, { world: cli.world, commands: table });
  return seen[0];
}

async function refusal(...argv: string[]): Promise<string> {
  const thrown: unknown = await parseLine(argv, aTable().table).catch((error: unknown) => error);
  return thrown instanceof WorkerError ? `${thrown.code}: ${thrown.message}` : 'no refusal';
}

describe('what is read', () => {
  test.each([
    [['paint', 'north', '--colour', 'red', '--fast']],
    [['paint', '--colour=red', '--fast', 'north']],
    [['--config', 'x', 'paint', 'north', '--colour=red', '--fast']],
  ])('the order of words and flags does not matter: %j', async (argv) => {
    expect(await paint(...argv)).toMatchObject({ wall: 'north', colour: 'red', fast: true, coats: undefined });
  });

  test('the config path may stand before or after the command', async () => {
    expect(await paint('--config=a', 'paint', 'n')).toMatchObject({ config: 'a' });
    expect(await paint('paint', 'n', '--config', 'b')).toMatchObject({ config: 'b' });
  });

  test('a command is found by what other programs call it', async () => {
    const { path, command: found } = await parseLine(['tools', 'ls'], aTable().table);
    expect([path, found?.summary]).toEqual([['tools', 'list'], 'List']);
  });

  test('a short flag means its long one', async () => {
    expect(await paint('paint', 'n', '-c', '2')).toMatchObject({ coats: '2' });
  });

  test('negative numbers are values, not flags', async () => {
    expect(await paint('paint', '-1', '--coats', '-2.5')).toMatchObject({ wall: '-1', coats: '-2.5' });
  });

  test('everything after two dashes is a word', async () => {
    expect(await paint('paint', '--', '--fast', '--help')).toMatchObject({
      wall: '--fast',
      tint: '--help',
      fast: false,
    });
  });

  test('a value keeps its equals signs and looks like a flag only without them', async () => {
    expect(await paint('paint', 'n', '--coats=--a=b')).toMatchObject({ coats: '--a=b' });
  });

  test('any word and any value survive the way to the command unchanged', async () => {
    const word = fc.string({ minLength: 1, maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(word, word, async (wall, coats) => {
        expect(await paint('paint', `--coats=${coats}`, '--', wall)).toMatchObject({ wall, coats });
      }),
      { numRuns: 60 },
    );
  });
});

describe('what is refused', () => {
  test.each([
    [['piant'], 'unknown command "piant": did you mean "paint"?'],
    [['tools', 'lsit'], 'unknown `tools` command "lsit": did you mean "list"?'],
    [['zzzzzz'], 'unknown command "zzzzzz"'],
    [['tools', 'drop'], 'unknown `tools` command "drop"'],
    [['constructor'], 'unknown command "constructor"'],
    [['tools'], '`tools` needs a subcommand: list, add'],
    [['--fast', 'paint', 'n'], 'unknown flag "--fast"'],
    [['paint', 'n', '--colr', 'red'], 'unknown flag "--colr": did you mean "--colour"?'],
    [['paint', 'n', '--colour', 'green'], '--colour is "green"; allowed: red, blue'],
    [['paint', 'n', '--colour'], '--colour needs a value; allowed: red, blue'],
    [['paint', 'n', '--coats', '--fast'], '--coats needs a value'],
    [['paint', 'n', '--coats='], '--coats needs a value'],
    [['paint', 'n', '--fast=no'], '--fast takes no value, but got "no"'],
    [['paint', 'n', '--no-fast'], 'unknown flag "--no-fast": did you mean "--fast"?'],
    [['paint', 'n', '--fast', '--fast'], '--fast is given twice'],
    [['paint', 'n', '-c', '1', '--coats', '2'], '--coats is given twice'],
    [['paint', 'a', 'b', 'c'], 'unexpected argument "c"'],
    [['paint'], '<wall> is missing'],
    [['tools', 'add'], '--n is missing'],
    [['tools', '--size', '3', 'list'], '--size is not a flag of `tools list`'],
  ])('%j: %s', async (argv, message) => {
    expect(await refusal(...argv)).toBe(`cli.usage: ${message}`);
  });
});

describe('what comes of it', () => {
  test('an unknown command is answered on stderr with a suggestion and exit 64', async () => {
    await using cli = await setup();
    expect(await cli.run('regsiter')).toBe(64);
    expect(cli.out()).toBe('');
    expect(cli.err()).toBe(
      'error: unknown command "regsiter": did you mean "register"? [cli.usage]\n' +
        'hint: Run `studio-worker help` for usage.\n',
    );
  });

  test('only a screen with colours shows the word error in red', async () => {
    await using cli = await setup({ look: { colourDepth: 24 } });
    await cli.run('regsiter');
    expect(cli.err()).toStartWith('\u001B[31merror:\u001B[39m unknown command');
  });

  test('help is given even on a line that is otherwise wrong', async () => {
    await using cli = await setup();
    expect(await cli.run('run', '--bogus', '--help')).toBe(0);
    expect(cli.out()).toContain('Usage: studio-worker run [flags]');
    expect(cli.err()).toBe('');
  });

  test('the exit code of a command is passed on', async () => {
    const { table } = aTable();
    const { command: found, canonical, path } = await parseLine(['tools', 'list'], table);
    await using cli = await setup({ world: { terminal: aScreen().terminal } });
    expect(path).toEqual(['tools', 'list']);
    expect(await found?.run?.(canonical, { world: cli.world, commands: table })).toBe(7);
  });
});
