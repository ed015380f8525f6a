import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { clockSeconds, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { IconButton, LinkButton } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty, Failure } from '../../kit/message.tsx';
import { ArtifactView } from '../../kit/media/artifact.tsx';
import { Facts } from '../../kit/panel.tsx';
import { JOBS } from '../../words/jobs.ts';
import { SHARED } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { jobFacts } from './facts.tsx';
import { endOf } from './filter.ts';
import { JobLogSection } from './job-log.tsx';
import { artifactOf, jobLook, titleOf } from './looks.ts';

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
  const note = job.status === 'running' ? JOBS.startedAt(at) : JOBS.finishedAt(at);
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

/** What it made, as long as the worker has it; else the small picture, else what was asked for. */
function JobResult({ job }: { readonly job: ApiJob }) {
  const artifact = artifactOf(job);
  const said = <p class="medium">{titleOf(job)}</p>;
  if (artifact === undefined) {
    return (
      <div class="stack stack--tight">
        {said}
        {isMade(job) && <p class="note">{JOBS.resultGone}</p>}
      </div>
    );
  }
  return (
    <ArtifactView key={artifact.src} artifact={artifact}>
      {said}
    </ArtifactView>
  );
}

const isMade = ({ status }: ApiJob): boolean => status === 'completed' || status === 'undelivered';
