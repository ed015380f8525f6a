import { GIB } from '../../../base/units.ts';
import {
  isProjectName,
  LIMIT_NAMES,
  type LimitName,
  type ProjectLimitsDraft,
  type ProjectView,
} from '../../../contract/operator/projects.ts';
import { bytes, bytesOf, count } from '../../format.ts';
import { PROJECTS } from '../../words/studio/projects.ts';

/** Limits as somebody types them: numbers of jobs, and GiB; empty for none. */
export type LimitTexts = Readonly<Record<LimitName, string>>;
export type LimitErrors = Partial<Record<LimitName, string>>;

export const NO_LIMITS: LimitTexts = { maxQueued: '', maxRunning: '', maxPerDay: '', maxArtifactBytes: '' };

/** To a thousandth of a GiB, which is how exactly anybody types it. */
const gibText = (size: number): string => String(Math.round((size / GIB) * 1_000) / 1_000);

const textOf = (name: LimitName, limit: number | undefined): string =>
  limit === undefined ? '' : name === 'maxArtifactBytes' ? gibText(limit) : String(limit);

export const textsOf = ({ limits }: Pick<ProjectView, 'limits'>): LimitTexts => ({
  maxQueued: textOf('maxQueued', limits.maxQueued),
  maxRunning: textOf('maxRunning', limits.maxRunning),
  maxPerDay: textOf('maxPerDay', limits.maxPerDay),
  maxArtifactBytes: textOf('maxArtifactBytes', limits.maxArtifactBytes),
});

/** What was typed otherwise than it stood there, for the studio; or what is wrong with it. */
export function readLimits(
  typed: LimitTexts,
  before: LimitTexts,
): { readonly limits: ProjectLimitsDraft } | { readonly errors: LimitErrors } {
  const errors: LimitErrors = {};
  const limits: ProjectLimitsDraft = {};
  for (const name of LIMIT_NAMES) {
    const text = typed[name].trim();
    if (text === before[name]) continue;
    const limit = text === '' ? 'none' : readLimit(name, text);
    if (limit === undefined) errors[name] = name === 'maxArtifactBytes' ? PROJECTS.wrong.size : PROJECTS.wrong.whole;
    else limits[name] = limit;
  }
  return Object.keys(errors).length > 0 ? { errors } : { limits };
}

/** Undefined for what is no number from 0. */
function readLimit(name: LimitName, text: string): number | undefined {
  const number = Number(text.replace(',', '.'));
  const limit = name === 'maxArtifactBytes' ? Math.round(number * GIB) : number;
  return Number.isSafeInteger(limit) && limit >= 0 ? limit : undefined;
}

/** What is wrong with the name of a new project. */
export const nameError = (name: string): string | undefined => (isProjectName(name) ? undefined : PROJECTS.wrong.name);

/** What a project uses, each beside its limit where it has one. */
export function usageTexts({
  usage,
  limits,
}: Pick<ProjectView, 'usage' | 'limits'>): Readonly<Record<LimitName, string>> {
  const of = (used: number, limit: number | undefined): string =>
    limit === undefined ? count(used) : PROJECTS.usedOf(count(used), count(limit));
  const { artifactBytes } = usage;
  const { maxArtifactBytes } = limits;
  return {
    maxQueued: of(usage.queued, limits.maxQueued),
    maxRunning: of(usage.running, limits.maxRunning),
    maxPerDay: of(usage.today, limits.maxPerDay),
    maxArtifactBytes: maxArtifactBytes === undefined ? bytes(artifactBytes) : bytesOf(artifactBytes, maxArtifactBytes),
  };
}
