import { WorkerError } from '../../../../base/errors.ts';
import { quoted } from '../../../../base/foreign-text.ts';
import { formatDiskSpace } from '../../../../base/units.ts';
import {
  isProjectName,
  type LimitName,
  PROJECT_NAME_RULE,
  type ProjectLimitsDraft,
  type ProjectView,
} from '../../../../contract/operator/projects.ts';
import { toNumber } from '../../../args/values.ts';
import { sharedArgs, type Values } from '../../../command.ts';
import { factLine } from '../../../output.ts';

/** The project that a command is about. */
export const PROJECT_ARG = {
  project: { type: 'positional', valueHint: 'project', description: 'Name of the project' },
} as const;

/** A name that a project may have: of another, such as `..`, no URL could be made. @throws WorkerError `cli.usage` */
export function projectIn(given: string): string {
  if (isProjectName(given)) return given;
  throw new WorkerError('cli.usage', `${quoted(given)} is no project: ${PROJECT_NAME_RULE}`);
}

/** What a project may have. */
export const LIMIT_ARGS = sharedArgs({
  'max-queued': {
    type: 'string',
    valueHint: 'number',
    description: 'Maximum number of jobs that wait; none lifts the limit',
  },
  'max-running': {
    type: 'string',
    valueHint: 'number',
    description: 'Maximum number of jobs that run at once, offered ones included; none lifts the limit',
  },
  'max-per-day': {
    type: 'string',
    valueHint: 'number',
    description: 'Maximum number of jobs created in a day of UTC; none lifts the limit',
  },
  'max-artifact-bytes': {
    type: 'string',
    valueHint: 'size',
    description: 'Size of kept artifacts above which no job is created, such as 50GB; none lifts the limit',
  },
});

/** The limits that the flags name; those of flags that are left out are not there. @throws WorkerError `cli.usage` */
export const limitsIn = (args: Partial<Values<typeof LIMIT_ARGS>>): ProjectLimitsDraft => ({
  maxQueued: countIn('--max-queued', args['max-queued']),
  maxRunning: countIn('--max-running', args['max-running']),
  maxPerDay: countIn('--max-per-day', args['max-per-day']),
  maxArtifactBytes: sizeIn('--max-artifact-bytes', args['max-artifact-bytes']),
});

const MAX_COUNT = 1_000_000_000;

function countIn(flag: string, given: string | undefined): number | 'none' | undefined {
  if (given === undefined || given === 'none') return given;
  return toNumber(flag, given, { min: 0, max: MAX_COUNT, whole: true });
}

const SIZES: Readonly<Record<string, number>> = {
  '': 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
};

function sizeIn(flag: string, given: string | undefined): number | 'none' | undefined {
  if (given === undefined || given === 'none') return given;
  const [, amount = '', unit = ''] = /^(\d{1,16}(?:\.\d{1,6})?) ?([kmgt]?i?b?)$/i.exec(given) ?? [];
  const bytes = Math.round(Number(amount === '' ? Number.NaN : amount) * (SIZES[unit.toLowerCase()] ?? Number.NaN));
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new WorkerError('cli.usage', `${flag} is ${quoted(given)}; allowed: bytes, or a size such as 500MB or 50GB`);
}

const LABELS: Readonly<Record<LimitName, string>> = {
  maxQueued: 'queued',
  maxRunning: 'running',
  maxPerDay: 'today',
  maxArtifactBytes: 'artifacts',
};

/** What a project has of each limit, such as `3 of 10`. */
export const usageCells = ({ limits, usage }: ProjectView): Readonly<Record<LimitName, string>> => ({
  maxQueued: ofMax(usage.queued, limits.maxQueued, String),
  maxRunning: ofMax(usage.running, limits.maxRunning, String),
  maxPerDay: ofMax(usage.today, limits.maxPerDay, String),
  maxArtifactBytes: ofMax(usage.artifactBytes, limits.maxArtifactBytes, formatDiskSpace),
});

const ofMax = (now: number, max: number | undefined, shown: (value: number) => string): string =>
  max === undefined ? shown(now) : `${shown(now)} of ${shown(max)}`;

/** A project, one fact a line. */
export function projectLines(project: ProjectView): readonly string[] {
  const cells = usageCells(project);
  return [
    factLine('project', project.name),
    factLine('created', project.createdAt),
    ...(['maxQueued', 'maxRunning', 'maxPerDay', 'maxArtifactBytes'] as const).map((name) =>
      factLine(LABELS[name], cells[name]),
    ),
  ];
}
