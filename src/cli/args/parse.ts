import type { ArgDef, ArgsDef } from 'citty';
import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';
import { GLOBAL_ARGS, type Command, type CommandTable } from '../command.ts';
import { suggest } from '../../base/suggest.ts';

/*
 * Checks a command line against the command table. citty's parser reads values but lets unknown flags, repeats and
 * surplus words pass, so nothing reaches it that was not checked here:
 *
 *   argv ──▶ words and flags ──▶ command found ──▶ values checked ──▶ canonical line ──▶ citty
 */

export interface ParsedLine {
  /** Names down to the command; empty when none was named. */
  readonly path: readonly string[];
  /** Undefined when none was named. */
  readonly command: Command | undefined;
  readonly help: boolean;
  /** The same line in the one spelling that cannot be misread: `--flag=value … -- words`. */
  readonly canonical: readonly string[];
}

interface Flag {
  readonly name: string;
  /** As the operator wrote it. */
  readonly written: string;
  /** Undefined for a boolean that is simply there. */
  readonly value: string | undefined;
}

/** What has been read so far. */
interface Reading {
  path: string[];
  command: Command | undefined;
  readonly flags: Flag[];
  readonly words: string[];
  /** A word stood where only the name of a command may. */
  lost: boolean;
  help: boolean;
}

/**
 * Finds the command that a line names and checks everything else on it.
 *
 * @throws WorkerError `cli.usage` naming what is wrong and what would be right
 */
export async function parseLine(argv: readonly string[], table: CommandTable): Promise<ParsedLine> {
  const reading: Reading = { path: [], command: undefined, flags: [], words: [], lost: false, help: false };
  // Whoever asks for help gets it, whatever is wrong with the line but the command itself.
  const helpRequested = argv.slice(0, endOf(argv)).some((word) => word === '--help' || word === '-h');
  try {
    await read(argv, table, reading);
    if (!helpRequested) check(reading);
  } catch (thrown) {
    if (!helpRequested || reading.command === undefined || reading.lost) throw thrown;
  }
  const { path, command, flags, words } = reading;
  return { path, command, help: helpRequested, canonical: [...flags.map(spell), '--', ...words] };
}

/** Two dashes end the flags (POSIX utility conventions, guideline 10); words behind them may look like anything. */
const endOf = (argv: readonly string[]): number => (argv.includes('--') ? argv.indexOf('--') : argv.length);

async function read(argv: readonly string[], table: CommandTable, reading: Reading): Promise<void> {
  const end = endOf(argv);
  for (let at = 0; at < end; at++) {
    const word = argv[at] ?? '';
    if (looksLikeFlag(word)) at += readFlag(word, argv.slice(at + 1, end), reading);
    else await readWord(word, table, reading);
  }
  for (const word of argv.slice(end + 1)) await readWord(word, table, reading);
}

/** `-` alone is a word by convention, and `-1` is a number: no flag of ours starts with a digit. */
const looksLikeFlag = (word: string): boolean => word.startsWith('-') && word !== '-' && !/^-\.?\d/.test(word);

/** A word is the name of a command as long as there are commands below, and an argument after that. */
async function readWord(word: string, table: CommandTable, reading: Reading): Promise<void> {
  const below = reading.command === undefined ? table : reading.command.subCommands;
  const name = nameOf(word, below);
  const load = name === undefined ? undefined : below[name];
  const names = Object.keys(below);
  if (name !== undefined && load !== undefined && reading.words.length === 0) {
    reading.path.push(name);
    reading.command = await load();
  } else if (names.length > 0) {
    reading.lost = true;
    const group = reading.path.length === 0 ? 'command' : `\`${reading.path.join(' ')}\` command`;
    throw usage(
      `unknown ${group} ${quoted(word)}${meant(word, names)}`,
      `studio-worker help ${reading.path.join(' ')}`.trim(),
    );
  } else {
    reading.words.push(word);
  }
}

/** What other programs call a command, with our word for it. Help and completions show ours alone. */
const SYNONYMS = new Map([
  ['delete', 'rm'],
  ['drop', 'discard'],
  ['ls', 'list'],
  ['remove', 'rm'],
]);

/** The name in the table that a word stands for. */
const nameOf = (word: string, table: CommandTable): string | undefined =>
  [word, SYNONYMS.get(word)].find((name) => name !== undefined && Object.hasOwn(table, name));

/** Returns how many of the following words belong to the flag. */
function readFlag(word: string, following: readonly string[], reading: Reading): number {
  const [written = '', ...rest] = word.split('=');
  const inline = rest.length > 0 ? rest.join('=') : undefined;
  const args = argsAt(reading.command);
  const name = flagNames(args).get(written);
  if (name === undefined) throw unknownFlag(written, args, reading);
  const takesValue = args[name]?.type !== 'boolean';
  const isKnown = reading.flags.some((flag) => flag.name === name);
  if (isKnown && reading.command?.repeatable?.includes(name) !== true)
    throw usage(`${written} is given twice`, helpFor(reading));
  if (!takesValue) {
    if (inline !== undefined) throw usage(`${written} takes no value, but got ${quoted(inline)}`, helpFor(reading));
    reading.flags.push({ name, written, value: undefined });
    return 0;
  }
  const value = inline ?? following[0];
  if (value === undefined || value === '' || (inline === undefined && looksLikeFlag(value))) {
    throw usage(`${written} needs a value${allowed(args[name])}`, helpFor(reading));
  }
  reading.flags.push({ name, written, value });
  return inline === undefined ? 1 : 0;
}

/** Checks that need the whole line: which command it names, and whether all its parts are there. */
function check({ command, flags, words, path }: Reading): void {
  if (command === undefined) return;
  const args = argsAt(command);
  const at = helpFor({ path });
  if (command.run === undefined) {
    throw usage(`\`${path.join(' ')}\` needs a subcommand: ${Object.keys(command.subCommands).join(', ')}`, at);
  }
  for (const { name, written, value } of flags) {
    const arg = args[name];
    if (arg === undefined) throw usage(`${written} is not a flag of \`${path.join(' ')}\``, at);
    if (arg.type === 'enum' && value !== undefined && !(arg.options ?? []).includes(value)) {
      throw usage(`${written} is ${quoted(value)}${allowed(arg)}`, at);
    }
  }
  const missing = Object.entries(args).find(
    ([name, arg]) => arg.type !== 'positional' && arg.required === true && !flags.some((flag) => flag.name === name),
  );
  if (missing !== undefined) throw usage(`--${missing[0]} is missing${allowed(missing[1])}`, at);
  checkWords(words, args, at);
}

/** Positionals are filled from the left, so one that is missing is always the last of those given. */
function checkWords(words: readonly string[], args: ArgsDef, at: string): void {
  const places = Object.entries(args).filter(([, arg]) => arg.type === 'positional');
  const surplus = words[places.length];
  if (surplus !== undefined) throw usage(`unexpected argument ${quoted(surplus)}`, at);
  const missing = places.slice(words.length).find(([, arg]) => arg.required !== false);
  if (missing !== undefined) throw usage(`<${missing[0]}> is missing`, at);
}

/** Flags are read with the command that has been named so far; before that only the global ones are known. */
const argsAt = (command: Command | undefined): ArgsDef => ({ ...GLOBAL_ARGS, ...command?.args });

/** Every spelling of every flag, with dashes, to its name. */
function flagNames(args: ArgsDef): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type === 'positional') continue;
    names.set(`--${name}`, name);
    for (const alias of 'alias' in arg ? [arg.alias ?? []].flat() : []) names.set(`-${alias}`, name);
  }
  return names;
}

function unknownFlag(written: string, args: ArgsDef, reading: Reading): WorkerError {
  const hint = reading.command === undefined ? 'studio-worker help' : helpFor(reading);
  return usage(`unknown flag ${quoted(written)}${meant(written, [...flagNames(args).keys()])}`, hint);
}

const helpFor = ({ path }: Pick<Reading, 'path'>): string =>
  path.length === 0 ? 'studio-worker help' : `studio-worker ${path.join(' ')} --help`;

function meant(word: string, known: readonly string[]): string {
  const name = suggest(word, known);
  return name === undefined ? '' : `: did you mean "${name}"?`;
}

const allowed = (arg: ArgDef | undefined): string =>
  arg?.type === 'enum' && arg.options !== undefined ? `; allowed: ${arg.options.join(', ')}` : '';

/** With an equals sign, so that no value is ever taken for a flag. */
const spell = ({ name, value }: Flag): string => (value === undefined ? `--${name}` : `--${name}=${value}`);

/** The error for an invalid line, with the command that explains it. */
const usage = (message: string, run: string): WorkerError =>
  new WorkerError('cli.usage', message, { hint: `Run \`${run}\` for usage.` });
