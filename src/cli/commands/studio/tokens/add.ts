import { WorkerError } from '../../../../base/errors.ts';
import { quoted } from '../../../../base/foreign-text.ts';
import { suggest } from '../../../../base/suggest.ts';
import { SECOND_MS } from '../../../../base/units.ts';
import { MAX_TOKEN_SECONDS, type Scope, SCOPES } from '../../../../contract/operator/tokens.ts';
import { command } from '../../../command.ts';
import { printJson, printLines } from '../../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../../studio-access.ts';
import { spanIn } from '../places.ts';
import { projectIn } from '../projects/limits.ts';

/** Creates a token of a project. */
export const tokensAdd = command({
  summary: 'Create a token of a project; it is printed this once',
  examples: [
    'studio-worker studio tokens add --project renders --scope create,read --expires 30d',
    'studio-worker studio tokens add --project renders --scope read --name "status page" --quiet',
    'studio-worker studio tokens add --project default --scope metrics --name prometheus --quiet',
  ],
  exits: OPERATOR_EXITS,
  json: '{id, name?, project, scopes, createdAt, expiresAt?, token}',
  args: {
    project: { type: 'string', valueHint: 'project', description: 'Project whose jobs the token opens' },
    scope: {
      type: 'string',
      valueHint: 'scopes',
      description:
        'What the token may do: create, read, operate (cancel, retry, reorder), metrics (of the studio); comma-separated',
    },
    expires: {
      type: 'string',
      valueHint: 'time',
      description: 'How long the token is valid, such as 12h or 30d (default: for ever)',
    },
    name: { type: 'string', valueHint: 'text', description: 'What the token is for, as lists show it' },
    quiet: { type: 'boolean', alias: 'q', description: 'Print the token only' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    if (args.project === undefined)
      throw new WorkerError('cli.usage', '--project is missing: it names the project whose jobs the token opens');
    const project = projectIn(args.project);
    const scopes = scopesIn(args.scope);
    const expiresInSeconds = secondsIn(args.expires);
    const created = await (
      await openStudio(args, world)
    ).createToken({
      project,
      scopes: [...scopes],
      name: args.name,
      expiresInSeconds,
    });
    if (args.json) return printJson(world.terminal, created);
    if (args.quiet) return printLines(world.terminal, created.token);
    printLines(world.terminal, created.token);
    const scopesText = `${created.scopes.length === 1 ? 'scope' : 'scopes'} ${created.scopes.join(', ')}`;
    const until = created.expiresAt === undefined ? '' : ` until ${created.expiresAt}`;
    world.terminal.stderr.write(
      `keep it: it is not shown again. It has the ${scopesText} in ${created.project}${until}.\n`,
    );
  },
});

/** @throws WorkerError `cli.usage` */
function secondsIn(given: string | undefined): number | undefined {
  const ms = spanIn('--expires', given);
  if (ms === undefined || ms / SECOND_MS <= MAX_TOKEN_SECONDS) return ms && ms / SECOND_MS;
  throw new WorkerError(
    'cli.usage',
    `--expires is ${quoted(given ?? '')}: leave it out for a token that is valid for ever`,
  );
}

/** @throws WorkerError `cli.usage` */
function scopesIn(given: string | undefined): ReadonlySet<Scope> {
  const words = (given ?? '').split(',').map((word) => word.trim());
  const named = words.filter((word) => word !== '');
  if (named.length === 0) {
    throw new WorkerError('cli.usage', `--scope is missing; allowed: ${SCOPES.join(', ')}; comma-separated`);
  }
  return new Set(named.map(scopeOf));
}

function scopeOf(word: string): Scope {
  const scope = SCOPES.find((each) => each === word);
  if (scope !== undefined) return scope;
  const meant = suggest(word, SCOPES);
  throw new WorkerError(
    'cli.usage',
    `--scope names ${quoted(word)}; allowed: ${SCOPES.join(', ')}`,
    meant === undefined ? {} : { hint: `Did you mean ${meant}?` },
  );
}
