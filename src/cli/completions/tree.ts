import type { ArgDef } from 'citty';
import { GLOBAL_ARGS, type CommandTable } from '../command.ts';
import { type AskedValue, isAsked } from './candidates.ts';

/** What can be typed after a command's name. */
export interface CompletionContext {
  /** Names down to the command, joined by a space; empty at the top. */
  readonly path: string;
  readonly subCommands: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly CompletedFlag[];
  /** What the positionals may be, all together. */
  readonly words: Candidates;
}

/** A flag of a command, as all shells are told of it. */
export interface CompletedFlag {
  readonly name: string;
  readonly short: string | undefined;
  readonly description: string;
  /** Undefined for a boolean. */
  readonly value: Candidates | undefined;
}

/** What may stand at one place of a line; `values` are our own words, which need no quotes in any shell. */
export interface Candidates {
  readonly files: boolean;
  readonly values: readonly string[];
  /** What the program is asked for while the line is typed. */
  readonly asked?: AskedValue;
}

const NOTHING: Candidates = { files: false, values: [] };
const LEVELS = ['debug', 'info', 'warn', 'error'];

/** Every context of a command table, the top first. Only this knows the table; a shell's writer sees contexts. */
export async function contextsOf(table: CommandTable): Promise<readonly CompletionContext[]> {
  const subCommands = await summariesOf(table);
  const version = { name: 'version', short: 'V', description: 'Print the version', value: undefined };
  const top: CompletionContext = {
    path: '',
    subCommands,
    flags: [...flagsOf(GLOBAL_ARGS, []), version],
    words: NOTHING,
  };
  return [top, ...(await contextsBelow('', table, Object.keys(table)))];
}

async function contextsBelow(
  path: string,
  table: CommandTable,
  names: readonly string[],
): Promise<readonly CompletionContext[]> {
  const contexts: CompletionContext[] = [];
  for (const [name, load] of Object.entries(table)) {
    const { args, subCommands } = await load();
    const here = `${path} ${name}`.trim();
    const positionals = Object.values(args).filter((arg) => arg.type === 'positional');
    contexts.push({
      path: here,
      subCommands: await summariesOf(subCommands),
      flags: flagsOf({ ...args, ...GLOBAL_ARGS }, names),
      words: merged(positionals.map((arg) => candidatesOf(arg, names))),
    });
    contexts.push(...(await contextsBelow(here, subCommands, names)));
  }
  return contexts;
}

const summariesOf = (table: CommandTable): Promise<CompletionContext['subCommands'][number][]> =>
  Promise.all(Object.entries(table).map(async ([name, load]) => ({ name, summary: (await load()).summary })));

const flagsOf = (args: Readonly<Record<string, ArgDef>>, names: readonly string[]): CompletedFlag[] =>
  Object.entries(args)
    .filter(([, arg]) => arg.type !== 'positional')
    .map(([name, arg]) => ({
      name,
      short: 'alias' in arg && arg.alias !== undefined ? [arg.alias].flat()[0] : undefined,
      description: arg.description ?? '',
      value: arg.type === 'boolean' ? undefined : candidatesOf(arg, names),
    }));

/** Read from the hint that help shows: a path asks for files, words between bars are the whole choice. */
function candidatesOf(arg: ArgDef, names: readonly string[]): Candidates {
  if (arg.type === 'enum') return { files: false, values: arg.options ?? [] };
  const hint = arg.valueHint ?? '';
  if (hint === 'path' || hint === 'folder') return { files: true, values: [] };
  if (hint === 'command') return { files: false, values: names };
  if (hint === 'level') return { files: false, values: LEVELS };
  if (isAsked(hint)) return { files: false, values: [], asked: hint };
  return hint.includes('|') ? { files: false, values: hint.split('|') } : NOTHING;
}

function merged(all: readonly Candidates[]): Candidates {
  const asked = all.find((one) => one.asked !== undefined)?.asked;
  return {
    files: all.some(({ files }) => files),
    values: [...new Set(all.flatMap(({ values }) => values))],
    ...(asked !== undefined && { asked }),
  };
}

/** A flag as it is typed, in each of its spellings. */
export const spellings = ({ name, short }: CompletedFlag): readonly string[] => [
  `--${name}`,
  ...(short === undefined ? [] : [`-${short}`]),
];

/** Everything that may stand after a command, apart from files. */
export const wordsAt = (context: CompletionContext): readonly string[] => [
  ...context.subCommands.map(({ name }) => name),
  ...context.words.values,
  ...context.flags.map(({ name }) => `--${name}`),
];

/** Flags that say which studio or config is meant, so that the program is asked with them. */
export const WAY_FLAGS = ['--url', '--token', '--token-file', '--config'];

/** The flags that swallow the next word, in every spelling. */
export const valueFlags = (contexts: readonly CompletionContext[]): readonly string[] => [
  ...new Set(contexts.flatMap(({ flags }) => flags.filter(({ value }) => value !== undefined).flatMap(spellings))),
];
