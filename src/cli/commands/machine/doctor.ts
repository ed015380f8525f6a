import { WorkerError } from '../../../base/errors.ts';
import { quoted } from '../../../base/foreign-text.ts';
import type { Measurement } from '../../../doctor/bench.ts';
import type { Examined } from '../../../doctor/examine.ts';
import type { Severity } from '../../../doctor/finding.ts';
import { command, JSON_ARG } from '../../command.ts';
import { printJson, printLines } from '../../output.ts';
import { suggest } from '../../../base/suggest.ts';
import { onOneLine } from '../../view/text-width.ts';
import type { Doctor } from '../../world/doctor.ts';
import type { World } from '../../world.ts';

/** What a failed check exits with: the machine is not as it has to be (sysexits.h, EX_UNAVAILABLE). */
const UNHEALTHY = 69;

/** Says what is wrong with this installation and how to fix it. */
export const doctor = command({
  summary: 'Find out what is wrong with this worker, and how to fix it',
  examples: [
    'studio-worker doctor',
    'studio-worker doctor --strict --json',
    'studio-worker doctor jobs.flow',
    'studio-worker doctor --bundle report.json',
    'studio-worker doctor --bench',
  ],
  exits: [
    { code: UNHEALTHY, means: 'a check failed; with --strict also when one warns' },
    { code: 73, means: 'the bundle cannot be written' },
    { code: 78, means: 'this account has no home folder for a config file' },
  ],
  json: '{ok, warnings, failures, checks: [{id, is, title, message, hint?}]}; with --bench {measured: [{id, what, is, rate?, unit?}]}',
  args: {
    check: {
      type: 'positional',
      required: false,
      valueHint: 'id',
      description: 'Explain one check instead of running all',
    },
    bench: { type: 'boolean', description: 'Measure this machine instead of looking for faults' },
    strict: { type: 'boolean', description: 'Fail on warnings, too' },
    bundle: { type: 'string', valueHint: 'file', description: 'Write a report without secrets, for a bug report' },
    ...JSON_ARG,
  },
  run: async (args, world) => {
    const opened = await world.doctor(args.config);
    if (args.check !== undefined) return explain(args.check, opened, world, args.json);
    if (args.bench) return await bench(opened, world, args.json);
    const found: Examined[] = [];
    for await (const finding of opened.examine()) {
      found.push(finding);
      if (!args.json) printLines(world.terminal, ...linesOf(finding));
    }
    if (args.bundle !== undefined) await opened.writeBundle(args.bundle, found);
    const count = (is: Severity): number => found.filter((finding) => finding.is === is).length;
    const [warnings, failures] = [count('warning'), count('failed')];
    const isOk = failures === 0 && (!args.strict || warnings === 0);
    if (args.json) printJson(world.terminal, { ok: isOk, warnings, failures, checks: found });
    else {
      printLines(
        world.terminal,
        '',
        `${found.length} checks, ${failures} failed, ${warnings} with a warning`,
        ...(args.bundle === undefined ? [] : [`wrote ${args.bundle}; read it before you share it`]),
      );
    }
    return isOk ? 0 : UNHEALTHY;
  },
});

const MARKS: Readonly<Record<Severity, string>> = { ok: 'ok', warning: 'warning', failed: 'FAILED', skipped: '-' };

function linesOf({ id, is, message, hint }: Examined): readonly string[] {
  const line = `${MARKS[is].padEnd(8)} ${id.padEnd(22)} ${onOneLine(message)}`;
  return hint === undefined ? [line] : [line, `${' '.repeat(9)}${onOneLine(hint)}`];
}

/** Prints each rate as it is known. */
async function bench(opened: Doctor, { terminal }: World, json: boolean): Promise<number> {
  const measured: Measurement[] = [];
  for await (const one of opened.bench()) {
    measured.push(one);
    const value =
      one.is === 'measured' ? `${rounded(one.rate)} ${one.unit}` : `not measured: ${onOneLine(one.because)}`;
    if (!json) printLines(terminal, `${one.id.padEnd(16)} ${one.what.padEnd(36)} ${value}`);
  }
  if (json) printJson(terminal, { measured });
  return 0;
}

/** Three digits, and no power of ten. */
const rounded = (rate: number): string => (rate >= 100 ? String(Math.round(rate)) : rate.toPrecision(3));

/** The page of one check. @throws WorkerError `cli.usage` */
function explain(id: string, { checks }: Doctor, { terminal }: World, json: boolean): number {
  const check = checks.find((one) => one.id === id);
  if (check === undefined) {
    const ids = checks.map((one) => one.id);
    const meant = suggest(id, ids);
    throw new WorkerError(
      'cli.usage',
      `there is no check ${quoted(id)}${meant === undefined ? '' : `: did you mean "${meant}"?`}`,
      { hint: `Name one of ${ids.join(', ')}.` },
    );
  }
  const { title, page } = check;
  if (json) printJson(terminal, { id, title, page });
  else printLines(terminal, `${id}: ${title}`, ...page.flatMap((paragraph) => ['', paragraph]));
  return 0;
}
