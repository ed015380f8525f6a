import type { DeliveryView } from '../../../contract/operator/webhooks.ts';
import { countdown, moment, sentence } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import type { IconName } from '../../kit/icons/icons.tsx';
import type { Tone } from '../../kit/tones.ts';
import { PROJECTS } from '../../words/studio/projects.ts';
import { WEBHOOKS } from '../../words/studio/webhooks.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { ListPanel } from './listed.tsx';

/** The newest events on their way, and what came of them. */
export function DeliveriesPanel() {
  const { deliveries } = usePage().model;
  return (
    <ListPanel
      title={WEBHOOKS.deliveries}
      list={deliveries.value}
      none={<p class="panel__body note">{WEBHOOKS.noDeliveries}</p>}
      row={(delivery) => <DeliveryRow key={`${delivery.id} ${delivery.webhookId ?? ''}`} delivery={delivery} />}
    />
  );
}

const LOOKS: Readonly<Record<DeliveryView['state'], { readonly tone: Tone; readonly icon: IconName }>> = {
  pending: { tone: 'busy', icon: 'clock' },
  delivered: { tone: 'ok', icon: 'done' },
  failed: { tone: 'bad', icon: 'failed' },
};

function DeliveryRow({ delivery }: { readonly delivery: DeliveryView }) {
  const { actions, model } = usePage();
  const { id, jobId, event, state, lastError } = delivery;
  return (
    <li class="row row--entry">
      <Badge {...LOOKS[state]}>{WEBHOOKS.deliveryStates[state]}</Badge>
      <div class="grow">
        <p>
          <a class="plain" href={hrefOf({ tab: 'jobs', at: jobId })}>
            {WEBHOOKS.job(event, jobId)}
          </a>
        </p>
        <p class="note">{PROJECTS.usage(notesOf(delivery, model.now.value))}</p>
        {state !== 'delivered' && lastError !== undefined && <p class="note">{sentence(lastError)}</p>}
      </div>
      {state === 'failed' && (
        <Button small icon="retry" label={WEBHOOKS.retryDelivery(jobId)} onPress={() => actions.retryDelivery(id)}>
          {WEBHOOKS.retry}
        </Button>
      )}
    </li>
  );
}

/** To whom, how often, and what comes next. */
function notesOf(delivery: DeliveryView, now: number): readonly string[] {
  const { webhookId, attempts, createdAt, nextAt } = delivery;
  return [
    moment(Date.parse(createdAt), now),
    webhookId ?? WEBHOOKS.ownHook,
    WEBHOOKS.attempts(attempts),
    ...(nextAt === undefined ? [] : [WEBHOOKS.next(countdown(Date.parse(nextAt) - now))]),
  ];
}
