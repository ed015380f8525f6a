import { pause } from '../../../base/pause.ts';
import { SECOND_MS } from '../../../base/units.ts';
import type { AuditEntry } from '../../../contract/operator/audit.ts';
import { command } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { openStudio, OPERATOR_ARGS, OPERATOR_EXITS } from '../../studio-access.ts';
import { toNumber } from '../../args/values.ts';
import { onOneLine } from '../../view/text-width.ts';
import { spanIn } from './places.ts';

/** More than anybody reads; a typing mistake must not request everything. */
const MAX_ENTRIES = 100_000;
const POLL_MS = SECOND_MS;
/** An entry of a longer transaction may be seen after younger ones: so many are asked for again. */
const OVERLAP = 200;

/** Prints who changed what. */
export const studioAudit = command({
  summary: 'Print who changed what in the studio, and from where',
  examples: [
    'studio-worker studio audit',
    'studio-worker studio audit --since 2h',
    'studio-worker studio audit --follow --json',
  ],
  exits: OPERATOR_EXITS,
  json: 'one entry per line: {seq, at, actor, actorId?, actorName?, action, subject?, project?, details?, address?}',
  args: {
    since: {
      type: 'string',
      valueHint: 'time',
      description: 'Only entries from this long ago until now, such as 2h or 7d',
    },
    lines: {
      type: 'string',
      valueHint: 'number',
      description: 'How many of the latest entries to print (default: 100, or all with --since)',
    },
    follow: { type: 'boolean', alias: 'f', description: 'Keep printing new entries until stopped' },
    ...OPERATOR_ARGS,
  },
  run: async (args, world) => {
    const sinceMs = spanIn('--since', args.since);
    const byDefault = sinceMs === undefined ? '100' : String(MAX_ENTRIES);
    const limit = toNumber('--lines', args.lines ?? byDefault, { min: 1, max: MAX_ENTRIES, whole: true });
    const since = sinceMs === undefined ? undefined : new Date(world.clock.now() - sinceMs).toISOString();
    const studio = await openStudio(args, world);
    const print = (entries: readonly AuditEntry[]): void => {
      for (const entry of entries) {
        if (args.json) printJson(world.terminal, entry, 0);
        else printLines(world.terminal, entryText(entry));
      }
    };
    let printed = await studio.audit({ since, limit });
    print(printed);
    while (args.follow) {
      await pause(world.clock, POLL_MS);
      const known = new Set(printed.map(({ seq }) => seq));
      const after = Math.max(0, (printed.at(-1)?.seq ?? 0) - OVERLAP);
      const found = await studio.audit({ after, since, limit: MAX_ENTRIES });
      const isNew = (entry: AuditEntry): boolean => !known.has(entry.seq) && entry.seq > floorOf(printed);
      print(found.filter(isNew));
      printed = found.length === 0 ? printed : found;
    }
  },
});

/** What was older than the first printed is not wanted. */
const floorOf = (printed: readonly AuditEntry[]): number => (printed[0]?.seq ?? 0) - 1;

function entryText({ at, actor, actorId, actorName, action, subject, project, details, address }: AuditEntry): string {
  const who = [actor, actorId, actorName === undefined ? undefined : `(${actorName})`];
  const what = [action, subject, project === undefined ? undefined : `in ${project}`];
  const more = [details === undefined ? undefined : JSON.stringify(details), address && `from ${address}`];
  return onOneLine([at, ...who, ...what, ...more].filter((part) => part !== undefined).join(' '));
}
