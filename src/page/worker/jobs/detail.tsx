import { useState } from 'preact/hooks';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { clockSeconds, duration, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, IconButton, LinkButton } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty, Failure } from '../../kit/message.tsx';
import { Lightbox } from '../../kit/overlay.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { JOBS } from '../../words/jobs.ts';
import { KIND_NAMES, SHARED } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { endOf } from './filter.ts';
import { JobLogSection } from './job-log.tsx';
import { jobLook, thumbnailOf, titleOf } from './looks.ts';

/** One job: its result or its failure, its facts, its log. */
export function JobDetail({ jobId }: { readonly jobId: string | undefined }) {
  const job = usePage().model.jobs.value.find((one) => one.jobId === jobId);
  const nothing = jobId === undefined ? JOBS.pick : JOBS.gone;
  return (
    <section class="panel panel--pane split__detail" aria-label={JOBS.job}>
      <DetailHead job={job} />
      {job === undefined ? (
        <Empty icon="jobs" {...nothing} />
      ) : (
        <div class="panel__scroll" tabIndex={0} role="region" aria-label={titleOf(job)}>
          <div class="panel__body stack">
            <JobFailure job={job} />
            <JobResult job={job} />
            <Facts look="2" facts={jobFacts(job)} />
          </div>
          <JobLogSection key={job.jobId} job={job} />
        </div>
      )}
    </section>
  );
}

function DetailHead({ job }: { readonly job: ApiJob | undefined }) {
  const { actions } = usePage();
  const close = (): void => actions.go({ tab: 'jobs' });
  return (
    <div class="panel__head">
      <a class="btn btn--quiet btn--sm btn--icon split__back" href={hrefOf({ tab: 'jobs' })}>
        <Icon name="back" />
        <span class="visually-hidden">{JOBS.backToList}</span>
      </a>
      {job !== undefined && <JobState job={job} />}
      {job !== undefined && (
        <div class="push line">
          <CopyIcon text={job.jobId} label={JOBS.copyId} />
          <IconButton icon="x" label={SHARED.close} keys="Escape" onPress={close} />
        </div>
      )}
    </div>
  );
}

function JobState({ job }: { readonly job: ApiJob }) {
  const { tone, icon, word } = jobLook(job);
  const at = clockSeconds(endOf(job));
  const note =
    job.status === 'running' ? JOBS.startedAt(at) : job.status === 'failed' ? JOBS.endedAt(at) : JOBS.finishedAt(at);
  return (
    <>
      <Badge tone={tone} icon={icon}>
        {word}
      </Badge>
      <span class="note">{note}</span>
    </>
  );
}

function JobFailure({ job }: { readonly job: ApiJob }) {
  if (job.status !== 'failed' && job.status !== 'discarded') return null;
  return (
    <Failure
      what={sentence(job.reason ?? JOBS.noReason)}
      help={job.hint === undefined ? undefined : { title: JOBS.whatHelps, say: sentence(job.hint) }}
      actions={<LinkButton href={hrefOf({ tab: 'models' })}>{JOBS.seeGpu}</LinkButton>}
    />
  );
}

function JobResult({ job }: { readonly job: ApiJob }) {
  const [large, setLarge] = useState(false);
  const src = thumbnailOf(job);
  if (src === undefined) return <p>{titleOf(job)}</p>;
  const alt = JOBS.result(titleOf(job));
  return (
    <div class="result">
      <div class="view">
        <img src={src} width="384" height="384" alt={alt} />
      </div>
      <div class="result__say">
        <p class="medium">{titleOf(job)}</p>
        <div class="line">
          <Button small icon="expand" onPress={() => setLarge(true)}>
            {JOBS.enlarge}
          </Button>
        </div>
      </div>
      {large && (
        <Lightbox
          label={JOBS.resultView}
          src={src}
          alt={alt}
          onClose={() => setLarge(false)}
          caption={
            <>
              <span>{titleOf(job)}</span>
              <Button small icon="x" keys="Escape" onPress={() => setLarge(false)}>
                {SHARED.close}
              </Button>
            </>
          }
        />
      )}
    </div>
  );
}

function jobFacts(job: ApiJob): readonly Fact[] {
  const { facts } = JOBS;
  return [
    { term: facts.kind, value: KIND_NAMES[job.kind] },
    { term: facts.model, value: job.model },
    { term: facts.ranOn, value: job.ranOn ?? SHARED.notKnown },
    {
      term: facts.took,
      value: duration(endOf(job) - job.startedAt),
      after: job.runMs === undefined ? undefined : facts.computing(duration(job.runMs)),
    },
    { term: facts.started, value: <span class="num">{clockSeconds(job.startedAt)}</span> },
    ...(job.finishedAt === undefined
      ? []
      : [{ term: facts.ended, value: <span class="num">{clockSeconds(job.finishedAt)}</span> }]),
    { term: facts.source, value: job.source === 'studio' ? facts.studio : facts.localProgram },
    { term: facts.job, value: <span class="mono">{job.jobId}</span> },
  ];
}
