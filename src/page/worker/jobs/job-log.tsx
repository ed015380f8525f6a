import { useEffect, useState } from 'preact/hooks';
import type { ApiJob } from '../../../local-api/contract/jobs.ts';
import { clockMillis } from '../../format.ts';
import { CopyButton } from '../../kit/copy.tsx';
import { SmallLogRow } from '../../kit/log-row.tsx';
import { JOBS } from '../../words/jobs.ts';
import type { JobLogAnswer } from '../model.ts';
import { usePage } from '../page-context.ts';

/** What was logged of a job, read anew whenever it changes. */
export function JobLogSection({ job }: { readonly job: ApiJob }) {
  const { actions } = usePage();
  const [answer, setAnswer] = useState<JobLogAnswer | undefined>();
  useEffect(() => {
    let isStale = false;
    void actions.readJobLog(job.jobId).then((read) => !isStale && setAnswer(read));
    return () => {
      isStale = true;
    };
  }, [job.jobId, job.status, job.phase, actions]);
  return (
    <>
      <div class="section">
        <div class="line line--apart">
          <h2>{JOBS.log}</h2>
          {answer?.is === 'log' && <CopyButton small look="quiet" text={() => logText(answer)} />}
        </div>
        {noteOf(answer) !== undefined && <p class="note">{noteOf(answer)}</p>}
      </div>
      {answer?.is === 'log' && <Lines answer={answer} />}
    </>
  );
}

type ReadLog = Extract<JobLogAnswer, { readonly is: 'log' }>;

const Lines = ({ answer }: { readonly answer: ReadLog }) => (
  <ol class="log log--sm">
    {answer.log.lines.map(({ ts, level, message }, index) => (
      <SmallLogRow key={index} time={clockMillis(Date.parse(ts))} level={level} text={message} />
    ))}
  </ol>
);

const logText = ({ log }: ReadLog): string =>
  log.lines.map(({ ts, level, target, message }) => `${ts} ${level} ${target} ${message}`).join('\n');

function noteOf(answer: JobLogAnswer | undefined): string | undefined {
  if (answer === undefined) return JOBS.logReading;
  if (answer.is !== 'log') return answer.is === 'gone' ? JOBS.logGone : JOBS.logUnreachable;
  const { lines, dropped } = answer.log;
  if (dropped > 0) return JOBS.logDropped(dropped);
  return lines.length === 0 ? JOBS.noLog : undefined;
}
