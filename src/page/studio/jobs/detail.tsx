import { kindName } from '../../../contract/tasks/index.ts';
import { DAY_MS } from '../../../base/units.ts';
import { OPERATOR_ROUTES, pathTo } from '../../../contract/operator/routes.ts';
import { hasEnded, type JobView } from '../../../contract/operator/views.ts';
import { API_PREFIX } from '../../../contract/routes.ts';
import { bytes, clockSeconds, duration, moment, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { IconButton, LinkButton } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { ArtifactView } from '../../kit/media/artifact.tsx';
import { ResultText } from '../../kit/media/text.tsx';
import { Empty, Failure } from '../../kit/message.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { SHARED } from '../../words/shared.ts';
import { JOBS } from '../../words/studio/jobs.ts';
import type { OpenedJob } from '../model.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { jobLook, spanOf, titleOf } from './looks.ts';
import { Attempts, WhyItWaits } from './why.tsx';

/** What came of one job, or what is in its way. */
export function DetailPane({ jobId }: { readonly jobId: string | undefined }) {
  const opened = usePage().model.opened.value;
  return (
    <section class="panel panel--pane" aria-label={JOBS.job}>
      {jobId === undefined && <Empty icon="jobs" {...JOBS.pick} />}
      {jobId !== undefined && opened === undefined && <p class="panel__body note">{JOBS.reading}</p>}
      {jobId !== undefined && opened === 'gone' && <Empty icon="jobs" {...JOBS.gone} />}
      {jobId !== undefined && typeof opened === 'object' && <Detail key={opened.job.id} opened={opened} />}
    </section>
  );
}

function Detail({ opened }: { readonly opened: OpenedJob }) {
  const { job, attempts, why } = opened;
  return (
    <>
      <DetailHead job={job} />
      <div class="panel__scroll" tabIndex={0} role="region" aria-label={titleOf(job)}>
        <div class="panel__body stack">
          <Failed job={job} />
          <Result job={job} />
          {why !== undefined && <WhyItWaits why={why} />}
          {job.artifact?.contentType.startsWith('image/') !== true && <JobFacts job={job} />}
          <Moments job={job} />
          {attempts.length > 1 && <Attempts attempts={attempts} />}
        </div>
      </div>
    </>
  );
}

/** The head holds what the state of the job allows. */
function DetailHead({ job }: { readonly job: JobView }) {
  const { actions } = usePage();
  const look = jobLook(job);
  const mayRetry = job.state === 'failed' || job.state === 'cancelled';
  return (
    <div class="panel__head">
      <Badge tone={look.tone} icon={look.icon}>
        {look.word}
      </Badge>
      <span class="clip1 grow medium">{titleOf(job)}</span>
      <div class="line line--nowrap">
        {mayRetry && <IconButton icon="retry" label={JOBS.retry} onPress={() => void actions.retryJob(job.id)} />}
        {!hasEnded(job.state) && (
          <IconButton icon="cancelled" label={JOBS.cancel} onPress={() => void actions.cancelJob(job.id)} />
        )}
        <CopyIcon text={job.id} label={JOBS.copyId} />
        <IconButton icon="x" label={SHARED.close} keys="Escape" onPress={() => actions.go({ tab: 'jobs' })} />
      </div>
    </div>
  );
}

/** The reason is the worker's or the studio's own sentence; the log is where the rest of the story is. */
function Failed({ job }: { readonly job: JobView }) {
  if (job.state !== 'failed') return null;
  return (
    <Failure
      what={sentence(job.error ?? JOBS.noReason)}
      help={{ title: JOBS.whatHelps, say: JOBS.retryHelps }}
      actions={<LinkButton href={hrefOf({ tab: 'logs', at: job.id })}>{JOBS.seeLog}</LinkButton>}
    />
  );
}

/** A job may end well with nothing to show: that is said, or its pane would look unfinished. */
function Result({ job }: { readonly job: JobView }) {
  const { artifact } = job;
  if (artifact === undefined) {
    if (job.result !== undefined) return <ResultText result={job.result} label={JOBS.result(titleOf(job))} />;
    return job.state === 'completed' ? <p class="note">{JOBS.noOutput}</p> : null;
  }
  const shown = {
    src: API_PREFIX + pathTo(OPERATOR_ROUTES.artifact, job.id),
    type: artifact.contentType,
    label: JOBS.result(titleOf(job)),
    filename: `${job.id}.${artifact.ext}`,
  };
  return (
    <ArtifactView key={artifact.sha256} artifact={shown}>
      {artifact.contentType.startsWith('image/') && <JobFacts job={job} />}
    </ArtifactView>
  );
}

/** By the machine's name where it is still known, by its id after the worker was removed. */
function JobFacts({ job }: { readonly job: JobView }) {
  const { workers, now } = usePage().model;
  const worker = workers.value?.find(({ workerId }) => workerId === job.workerId)?.capabilities.machineName;
  return <Facts look="tight" facts={factsOf(job, worker ?? job.workerId, now.value)} />;
}

function factsOf(job: JobView, worker: string | undefined, now: number): readonly Fact[] {
  const { facts } = JOBS;
  const { artifact, startedAt } = job;
  const waited = startedAt === undefined ? undefined : duration(Date.parse(startedAt) - Date.parse(job.createdAt));
  const spanTerm = hasEnded(job.state) ? facts.took : job.state === 'running' ? facts.runs : facts.waits;
  return [
    { term: facts.worker, value: worker ?? SHARED.none },
    { term: facts.model, value: job.model },
    { term: facts.kind, value: kindName(job.kind) },
    ...(job.state === 'completed' ? [{ term: facts.ranOn, value: job.ranOn ?? SHARED.notKnown }] : []),
    { term: spanTerm, value: spanOf(job, now), after: waited === undefined ? undefined : facts.waited(waited) },
    { term: facts.attempts, value: facts.attemptsOf(job.attempts, job.maxAttempts) },
    ...(job.priority === 0 ? [] : [{ term: facts.priority, value: String(job.priority) }]),
    ...(job.deadline === undefined ? [] : [{ term: facts.deadline, value: moment(Date.parse(job.deadline), now) }]),
    ...(artifact === undefined
      ? []
      : [
          { term: facts.file, value: facts.fileOf(bytes(artifact.sizeBytes), artifact.ext) },
          { term: facts.sha, value: <span class="mono">{shortHash(artifact.sha256)}</span> },
        ]),
  ];
}

/** `4be1…c07a` */
const shortHash = (sha256: string): string => `${sha256.slice(0, 4)}…${sha256.slice(-4)}`;

/** Times of the last day are to the second, older ones are not: nobody compares seconds across days. */
function Moments({ job }: { readonly job: JobView }) {
  const now = usePage().model.now.value;
  const at = (time: string): string => {
    const ms = Date.parse(time);
    return now - ms < DAY_MS ? clockSeconds(ms) : moment(ms, now);
  };
  const { state, startedAt, finishedAt } = job;
  const ended = state === 'completed' || state === 'failed' || state === 'cancelled' ? JOBS.ended[state] : undefined;
  const moments = [
    JOBS.queuedAt(at(job.createdAt)),
    ...(startedAt === undefined ? [] : [JOBS.startedAt(at(startedAt))]),
    ...(finishedAt === undefined || ended === undefined ? [] : [JOBS.endedAt(ended, at(finishedAt))]),
  ];
  return (
    <p class="note line">
      <Icon name="clock" small />
      {JOBS.moments(moments)}
    </p>
  );
}
