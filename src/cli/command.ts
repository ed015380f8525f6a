import { parseArgs, type ArgDef, type ArgsDef } from 'citty';
import type { World } from './world.ts';

/** What a flag or positional holds once read: booleans are never absent, the rest is unless it has to be there. */
type ValueOf<Arg> = Arg extends { readonly type: 'boolean' }
  ? boolean
  : Arg extends { readonly type: 'enum'; readonly options: ReadonlyArray<infer Option> }
    ? OrAbsent<Arg, Option>
    : OrAbsent<Arg, string>;
type OrAbsent<Arg, Value> = Arg extends { readonly required: true } | { readonly default: unknown }
  ? Value
  : Arg extends { readonly required: false }
    ? Value | undefined
    : Arg extends { readonly type: 'positional' }
      ? Value
      : Value | undefined;

/**
 * The values of a command's arguments, by name; of the repeatable ones all that were given. citty's own type would pass
 * absent ones off as strings.
 */
export type Values<Args extends ArgsDef, Repeatable extends string = never> = {
  readonly [Name in keyof Args]: Name extends Repeatable ? readonly string[] : ValueOf<Args[Name]>;
};

/** What every command may read besides its own arguments. */
interface Globals {
  readonly config: string | undefined;
}

/** An exit code that has a meaning of its own for one command, for its page of help. */
export interface ExitNote {
  readonly code: number;
  readonly means: string;
}

interface Description<Args extends ArgsDef, Repeatable extends string = string> {
  /** One line, no full stop, starting with a verb. */
  readonly summary: string;
  /** Whole command lines, the most common one first. */
  readonly examples: readonly [string, ...string[]];
  /** Exit codes beside 0, 64 (usage) and 70 (our fault), which every command has. */
  readonly exits?: readonly ExitNote[];
  /** What `--json` prints, for the help; its presence adds the flag's explanation. */
  readonly json?: string;
  readonly args: Args;
  /** Flags with a value that may be given more than once. */
  readonly repeatable?: readonly Repeatable[];
}

/** Names of commands with a way to load each, so that a start pays for one command only. */
export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;

/** A command as the table holds it, its types behind it. */
export interface Command extends Description<ArgsDef> {
  readonly subCommands: CommandTable;
  /** Absent when the command only groups others. */
  readonly run?: (canonical: readonly string[], call: Call) => Promise<number>;
}

/** What a command is started with. */
export interface Call {
  readonly world: World;
  /** Every command there is, for those that describe the others. */
  readonly commands: CommandTable;
}

interface Spec<Args extends ArgsDef, Repeatable extends string> extends Description<Args, Repeatable> {
  readonly subCommands?: CommandTable;
  /** The exit code; 0 when nothing is returned. */
  readonly run?: (
    args: Values<Args, Repeatable> & Globals,
    world: World,
    commands: CommandTable,
  ) => Promise<number | void>;
}

/** Declares a command. Its `run` gets typed values from a command line that was checked before. */
export function command<const Args extends ArgsDef, const Repeatable extends string = never>(
  spec: Spec<Args, Repeatable>,
): Command {
  const { run, subCommands = {}, ...description } = spec;
  if (run === undefined) return { ...description, subCommands };
  return {
    ...description,
    subCommands,
    run: async (canonical, { world, commands }) =>
      (await run(valuesOf(canonical, spec.args, description.repeatable ?? []), world, commands)) ?? 0,
  };
}

function valuesOf<Args extends ArgsDef, Repeatable extends string>(
  canonical: readonly string[],
  args: Args,
  repeatable: readonly Repeatable[],
): Values<Args, Repeatable> & Globals {
  const all = { ...args, config: GLOBAL_ARGS.config };
  const parsed: Record<string, unknown> = parseArgs([...canonical], all);
  const valueOf = (name: string, arg: ArgDef): unknown => {
    if (repeatable.some((known) => known === name)) return allGiven(canonical, name);
    return arg.type === 'boolean' ? parsed[name] === true : parsed[name];
  };
  const values = Object.entries(all).map(([name, arg]) => [name, valueOf(name, arg)] as const);
  // citty read the values by this very definition; only the mapping from definition to type is beyond the compiler.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(values) as Values<Args, Repeatable> & Globals;
}

/** Every value of a flag, in order; citty knows only the last. */
function allGiven(canonical: readonly string[], name: string): readonly string[] {
  const flags = canonical.slice(0, canonical.indexOf('--'));
  const start = `--${name}=`;
  return flags.filter((flag) => flag.startsWith(start)).map((flag) => flag.slice(start.length));
}

/** Keeps the exact names and options of shared arguments, so that values read through them stay typed. */
export const sharedArgs = <const Args extends ArgsDef>(shared: Args): Args => shared;

/** Flags that mean the same on every command. */
export const GLOBAL_ARGS = sharedArgs({
  config: { type: 'string', valueHint: 'path', description: 'Use this config file' },
  help: { type: 'boolean', alias: 'h', description: 'Show this help' },
});

/** Flags of the commands that keep running and log meanwhile. */
export const LOG_ARGS = sharedArgs({
  'log-format': { type: 'enum', options: ['console', 'json'], description: 'Format of log lines on stderr' },
  'log-level': {
    type: 'string',
    valueHint: 'level',
    description: 'debug, info, warn or error, or by area: session=debug',
  },
});

/** The flag of commands that list, make or change things, for scripts. */
export const QUIET_ARG = sharedArgs({ quiet: { type: 'boolean', alias: 'q', description: 'Print ids only' } });

/** The flag of every command that prints facts. */
export const JSON_ARG = sharedArgs({ json: { type: 'boolean', description: 'Print JSON' } });
