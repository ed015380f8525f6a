import type { ArgDef } from 'citty';
import { GLOBAL_ARGS, type Command, type CommandTable } from '../command.ts';
import { padToWidth } from './text-width.ts';

type Row = readonly [left: string, right: string];

/** What `studio-worker` and `studio-worker help` print: every command in one line. */
export async function programHelp(table: CommandTable): Promise<string> {
  return sections([
    ['Takes image, LLM, speech and video jobs from a studio, runs them on this machine and delivers the results.'],
    ['Usage: studio-worker <command> [flags]'],
    ['Commands:', ...rows(await summaries(table))],
    [
      'Flags:',
      ...rows([
        ...flagRows(GLOBAL_ARGS),
        ['-V, --version', 'Print the version; with --json also the commit, its date and the target'],
      ]),
    ],
    ['Start with `studio-worker demo`. Run `studio-worker help <command>` for examples and exit codes.'],
  ]);
}

/** What `--help` prints for one command. */
export async function commandHelp(path: readonly string[], command: Command): Promise<string> {
  const { args, examples, exits = [], json, run, subCommands, summary } = command;
  const positionals = Object.entries(args).filter(([, arg]) => arg.type === 'positional');
  const below = await summaries(subCommands);
  const usage = [
    'Usage: studio-worker',
    ...path,
    ...(below.length === 0 ? [] : [run === undefined ? '<command>' : '[command]']),
    ...positionals.map(([name, arg]) => (arg.required === false ? `[${name}]` : `<${name}>`)),
    '[flags]',
  ];
  return sections([
    [`${summary}.`],
    [usage.join(' ')],
    ['Commands:', ...rows(below)],
    ['Arguments:', ...rows(positionals.map(([name, arg]): Row => [name, arg.description ?? '']))],
    ['Flags:', ...rows(flagRows({ ...args, ...GLOBAL_ARGS }))],
    ['JSON:', ...(json === undefined ? [] : [`  ${json}`])],
    ['Examples:', ...examples.map((example) => `  ${example}`)],
    ['Exit codes:', ...rows(exitRows(exits))],
  ]);
}

/** Loads the commands of one level; their files are small, and nothing of theirs runs. */
const summaries = (table: CommandTable): Promise<Row[]> =>
  Promise.all(Object.entries(table).map(async ([name, load]): Promise<Row> => [name, (await load()).summary]));

function flagRows(args: Readonly<Record<string, ArgDef>>): Row[] {
  return Object.entries(args)
    .filter(([, arg]) => arg.type !== 'positional')
    .map(([name, arg]) => [`${aliasOf(arg)}--${name}${hintOf(arg)}`, describe(arg)]);
}

const aliasOf = (arg: ArgDef): string => {
  const aliases = 'alias' in arg && arg.alias !== undefined ? [arg.alias].flat() : [];
  return aliases.map((alias) => `-${alias}, `).join('');
};

/** What to put behind a flag: its choices where there is a choice, otherwise what kind of text it is. */
function hintOf(arg: ArgDef): string {
  if (arg.type === 'boolean') return '';
  if (arg.type === 'enum') return ` <${(arg.options ?? []).join('|')}>`;
  return ` <${arg.valueHint ?? 'text'}>`;
}

const describe = ({ description = '', default: standard, required }: ArgDef): string =>
  `${description}${required === true ? ' (required)' : ''}${standard === undefined ? '' : ` (default ${standard})`}`;

/** In order of the number, because that is how they are looked up: `echo $?` first, help second. */
const exitRows = (exits: NonNullable<Command['exits']>): Row[] =>
  [
    { code: 0, means: 'success' },
    { code: 64, means: 'invalid command line' },
    { code: 70, means: 'a bug in studio-worker' },
    ...exits,
  ]
    .toSorted((a, b) => a.code - b.code)
    .map(({ code, means }): Row => [String(code), means]);

/** Two columns, the left one as wide as its widest entry. */
function rows(pairs: readonly Row[]): string[] {
  const width = Math.max(0, ...pairs.map(([left]) => left.length));
  return pairs.map(([left, right]) => `  ${padToWidth(left, width)}  ${right}`.trimEnd());
}

/** Sections with an empty line between them; one that has a title and nothing else is left out. */
const sections = (parts: readonly (readonly string[])[]): string =>
  parts
    .filter(([title = '', ...lines]) => !(title.endsWith(':') && lines.length === 0))
    .map((lines) => lines.join('\n'))
    .join('\n\n');
