import type { AttemptView, WhyView } from '../../../contract/operator/views.ts';
import { clockSeconds, sentence } from '../../format.ts';
import { JOBS } from '../../words/studio/jobs.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';

/** Each worker with what keeps the job from it. */
export const WhyItWaits = ({ why }: { readonly why: WhyView }) => (
  <section class="stack stack--tight" aria-label={JOBS.why}>
    <h3>{JOBS.why}</h3>
    {why.pendingRegistrations > 0 && (
      <p>
        <a href={hrefOf({ tab: 'workers' })}>{JOBS.whyAsks(why.pendingRegistrations)}</a>
      </p>
    )}
    {why.workers.length === 0 && why.pendingRegistrations === 0 && <p class="t2">{JOBS.whyNobody}</p>}
    <dl class="facts facts--tight">
      {why.workers.flatMap(({ workerId, machineName, because }) => [
        <dt key={workerId}>{machineName ?? workerId}</dt>,
        <dd key={`${workerId} why`}>{sentence(because)}</dd>,
      ])}
    </dl>
  </section>
);

/** Each time that the job was given to a worker, with what came of it. */
export function Attempts({ attempts }: { readonly attempts: readonly AttemptView[] }) {
  const workers = usePage().model.workers.value ?? [];
  const nameOf = (id: string): string =>
    workers.find(({ workerId }) => workerId === id)?.capabilities.machineName ?? id;
  return (
    <section class="stack stack--tight" aria-label={JOBS.attempts}>
      <h3>{JOBS.attempts}</h3>
      <dl class="facts facts--tight">
        {attempts.flatMap(({ number, workerId, startedAt, outcome, error }) => [
          <dt key={number}>{JOBS.attempt(number, nameOf(workerId))}</dt>,
          <dd key={`${number} outcome`}>
            <span class="num">{clockSeconds(Date.parse(startedAt))}</span> {JOBS.outcomes[outcome]}
            {error !== undefined && <span class="t3"> {error}</span>}
          </dd>,
        ])}
      </dl>
    </section>
  );
}
