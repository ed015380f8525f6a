import { kindName } from '../../../contract/tasks/index.ts';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { bytes, clockSeconds, duration } from '../../format.ts';
import type { Fact } from '../../kit/panel.tsx';
import { JOBS } from '../../words/jobs.ts';
import { SHARED } from '../../words/shared.ts';
import { endOf } from './filter.ts';

/** What is known of a job, in the order in which somebody asks: what it was, how it went, where it came from. */
export const jobFacts = (job: ApiJob): readonly Fact[] => [
  { term: JOBS.facts.kind, value: kindName(job.kind) },
  { term: JOBS.facts.model, value: job.model },
  ...settingFacts(job),
  ...runFacts(job),
  { term: JOBS.facts.source, value: job.source === 'studio' ? JOBS.facts.studio : JOBS.facts.localProgram },
  { term: JOBS.facts.job, value: <span class="mono">{job.jobId}</span> },
];

function settingFacts({ settings }: ApiJob): readonly Fact[] {
  const { width, height, steps, seed, seconds, fps, voice, language } = settings;
  const { facts } = JOBS;
  return [
    ...fact(facts.size, width === undefined || height === undefined ? undefined : facts.pixels(width, height)),
    ...fact(facts.steps, steps),
    ...fact(facts.seed, seed),
    ...fact(facts.length, seconds === undefined ? undefined : facts.clip(seconds, fps)),
    ...fact(facts.voice, voice),
    ...fact(facts.language, language),
  ];
}

function runFacts(job: ApiJob): readonly Fact[] {
  const { facts } = JOBS;
  const { result, code } = job;
  return [
    { term: facts.ranOn, value: job.ranOn ?? job.gpu ?? SHARED.notKnown, after: job.engine },
    {
      term: facts.took,
      value: duration(endOf(job) - job.startedAt),
      after: job.runMs === undefined ? undefined : facts.computing(duration(job.runMs)),
    },
    ...fact(facts.result, result && bytes(result.sizeBytes), result?.ext),
    ...(code === undefined ? [] : [{ term: facts.code, value: <span class="mono">{code}</span> }]),
    { term: facts.started, value: <span class="num">{clockSeconds(job.startedAt)}</span> },
    ...(job.finishedAt === undefined
      ? []
      : [{ term: facts.finished, value: <span class="num">{clockSeconds(job.finishedAt)}</span> }]),
  ];
}

/** One that is known. */
const fact = (term: string, value: string | number | undefined, after?: string): readonly Fact[] =>
  value === undefined ? [] : [{ term, value, after }];
