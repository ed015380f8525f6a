import { WorkerError } from '../../base/errors.ts';
import { quoted } from '../../base/foreign-text.ts';

/** Candidates that a message lists before it stops. */
const MAX_LISTED = 5;

interface Names<T> {
  /** What the things are, in the plural: `jobs`. */
  readonly what: string;
  /** The command that lists them, for the hint when none matches. */
  readonly listedBy: string;
  /** By what one may be called, the most exact first. */
  readonly namesOf: (thing: T) => readonly (string | undefined)[];
  /** Who says that there is none: the command line itself when left out. */
  readonly missing?: 'cli.usage' | 'studio.not-found';
}

/**
 * The one thing that is called so, or whose name begins so. An exact name wins over prefixes.
 *
 * @throws WorkerError `cli.usage` when there is more than one | what `missing` names when there is none
 */
export function byPrefix<T>(
  given: string,
  things: readonly T[],
  { what, listedBy, namesOf, missing = 'cli.usage' }: Names<T>,
): T {
  const exact = things.filter((thing) => namesOf(thing).includes(given));
  const found = exact.length > 0 ? exact : things.filter((thing) => namesOf(thing).some((name) => begins(name, given)));
  const [one, ...others] = found;
  if (one !== undefined && others.length === 0) return one;
  if (one === undefined)
    throw new WorkerError(missing, `no ${what} begin with ${quoted(given)}`, {
      hint: `See them with \`studio-worker ${listedBy}\`.`,
    });
  const listed = found.slice(0, MAX_LISTED).map((thing) => namesOf(thing)[0] ?? '');
  const more = found.length > MAX_LISTED ? `, and ${found.length - MAX_LISTED} more` : '';
  throw new WorkerError('cli.usage', `${quoted(given)} fits ${found.length} ${what}: ${listed.join(', ')}${more}`, {
    hint: 'Give more of the id.',
  });
}

/** Ids share a few letters in front, as in `job-`: what follows them counts too. */
const begins = (name: string | undefined, given: string): boolean =>
  name !== undefined && given !== '' && (name.startsWith(given) || name.replace(/^[a-z]+-/, '').startsWith(given));
