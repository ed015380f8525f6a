import { WorkerError } from '../base/errors.ts';
import { quoted } from '../base/foreign-text.ts';
import { type Area, AREAS, type Level, LEVELS, type LogSink } from './logger.ts';

/** The lowest level that is logged, for every area and for some in particular. */
export interface Levels {
  readonly every: Level;
  readonly areas: Readonly<Partial<Record<Area, Level>>>;
}

/** Names the levels where no flag does. */
export const LEVEL_VARIABLE = 'STUDIO_WORKER_LOG';

/** What an operator wants to see on a good day. */
export const DEFAULT_LEVELS: Levels = { every: 'info', areas: {} };

const RANK: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** Whether an event of this level and area is logged. */
export const isEnabled = (levels: Levels, level: Level, area: Area): boolean =>
  RANK[level] >= RANK[levels.areas[area] ?? levels.every];

/**
 * Reads `debug`, or `session=debug,engines=info`, or both mixed. `source` is the flag or variable it came from.
 * What is not mentioned stays as in `under`, so a flag can be laid over the environment.
 *
 * @throws WorkerError `cli.usage` naming the part and what is allowed
 */
export function parseLevels(text: string, source: string, under: Levels = DEFAULT_LEVELS): Levels {
  let levels = under;
  for (const part of text.split(',').map((piece) => piece.trim())) {
    if (part === '') continue;
    const at = part.indexOf('=');
    if (at === -1) {
      // A plain level speaks for all areas, also those that the source below had singled out.
      levels = { every: toLevel(part, part, source), areas: {} };
      continue;
    }
    const area = toArea(part.slice(0, at).trim(), part, source);
    levels = { ...levels, areas: { ...levels.areas, [area]: toLevel(part.slice(at + 1).trim(), part, source) } };
  }
  return levels;
}

/**
 * The flag is laid over the environment, which is laid over what a good day needs.
 *
 * @throws WorkerError `cli.usage` for levels that make no sense
 */
export function chosenLevels({
  flag,
  variable,
}: {
  readonly flag: string | undefined;
  readonly variable: string | undefined;
}): Levels {
  const under = variable === undefined ? DEFAULT_LEVELS : parseLevels(variable, LEVEL_VARIABLE);
  return flag === undefined ? under : parseLevels(flag, '--log-level', under);
}

/** A sink that receives only what these levels let through. */
export function filterSink(sink: LogSink, levels: Levels): LogSink {
  return (event) => {
    if (isEnabled(levels, event.level, event.area)) sink(event);
  };
}

function toLevel(name: string, part: string, source: string): Level {
  const level = LEVELS.find((known) => known === name.toLowerCase());
  if (level === undefined) throw unknown('level', name, { part, source, allowed: LEVELS });
  return level;
}

function toArea(name: string, part: string, source: string): Area {
  const area = AREAS.find((known) => known === name.toLowerCase());
  if (area === undefined) throw unknown('area', name, { part, source, allowed: AREAS });
  return area;
}

function unknown(
  what: 'level' | 'area',
  name: string,
  { part, source, allowed }: { readonly part: string; readonly source: string; readonly allowed: readonly string[] },
): WorkerError {
  const where = part === name ? '' : ` in ${quoted(part)}`;
  return new WorkerError(
    'cli.usage',
    `${source}: unknown ${what} ${quoted(name)}${where}; allowed: ${allowed.join(', ')}`,
    {
      hint: `Write ${source} as a level (debug) or as areas with levels (session=debug,engines=info).`,
    },
  );
}
