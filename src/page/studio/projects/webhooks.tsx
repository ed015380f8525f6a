import { useState } from 'preact/hooks';
import {
  type CreatedWebhook,
  WEBHOOK_EVENTS,
  type WebhookEvent,
  type WebhookView,
} from '../../../contract/operator/webhooks.ts';
import { date, latency } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button, IconButton } from '../../kit/button.tsx';
import { CopyIcon } from '../../kit/copy.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty } from '../../kit/message.tsx';
import { type Fact, Facts } from '../../kit/panel.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';
import { WEBHOOKS } from '../../words/studio/webhooks.ts';
import { usePage } from '../page-context.ts';
import { DeliveriesPanel } from './deliveries.tsx';
import { SecretDialog } from './form.tsx';
import { ListPanel } from './listed.tsx';
import { NewWebhookDialog, RemoveWebhookDialog } from './webhook-dialogs.tsx';

/** Whom the studio tells that jobs have ended, and what came of that. */
export function WebhooksSection() {
  const { webhooks } = usePage().model;
  const [isAdding, setAdding] = useState(false);
  const [made, setMade] = useState<CreatedWebhook | undefined>();
  return (
    <>
      <ListPanel
        title={PROJECTS.section.webhooks}
        list={webhooks.value}
        none={<Empty icon="external" title={WEBHOOKS.none.title} say={WEBHOOKS.none.say} />}
        aside={
          <Button icon="plus" onPress={() => setAdding(true)}>
            {WEBHOOKS.add}
          </Button>
        }
        row={(webhook) => <WebhookRow key={webhook.id} webhook={webhook} />}
      />
      <DeliveriesPanel />
      {isAdding && <NewWebhookDialog onMade={setMade} onClose={() => setAdding(false)} />}
      {made !== undefined && (
        <SecretDialog
          label={WEBHOOKS.madeTitle}
          say={WEBHOOKS.madeSay}
          secret={made.secret}
          what={WEBHOOKS.secret}
          copy={WEBHOOKS.copySecret}
          onClose={() => setMade(undefined)}
        />
      )}
    </>
  );
}

const isEvent = (name: string): name is WebhookEvent => WEBHOOK_EVENTS.some((event) => event === name);
const eventWord = (name: string): string => (isEvent(name) ? WEBHOOKS.events[name] : name);

function WebhookRow({ webhook }: { readonly webhook: WebhookView }) {
  const [isOpen, setOpen] = useState(false);
  const { url, events, pending, disabledAt } = webhook;
  const told = WEBHOOKS.told(events.map(eventWord).join(', '));
  return (
    <li class="row row--entry">
      <Icon name="external" />
      <div class="grow">
        <p class="mono">{url}</p>
        <p class="note">{pending === 0 ? told : PROJECTS.usage([told, WEBHOOKS.pending(pending)])}</p>
        {disabledAt !== undefined && (
          <p>
            <Badge plain tone="bad" icon="failed">
              {WEBHOOKS.disabled}
            </Badge>
          </p>
        )}
      </div>
      <IconButton icon="more" label={WEBHOOKS.more(url)} expanded={isOpen} onPress={() => setOpen(!isOpen)} />
      {isOpen && <More webhook={webhook} />}
    </li>
  );
}

function More({ webhook }: { readonly webhook: WebhookView }) {
  const { actions } = usePage();
  const [isRemoving, setRemoving] = useState(false);
  const [tested, setTested] = useState<string | undefined>();
  const test = async (): Promise<void> => {
    setTested(undefined);
    const asked = await actions.testWebhook(webhook.id);
    if (asked.is === 'refused') return setTested(asked.because);
    const { delivered, status, error = WEBHOOKS.noReason, tookMs } = asked.answer;
    const took = latency(tookMs);
    setTested(delivered ? WEBHOOKS.delivered(status, took) : WEBHOOKS.notDelivered(error, took));
  };
  return (
    <div class="row__more stack stack--tight">
      <Facts look="tight" facts={factsOf(webhook)} />
      {webhook.disabledAt !== undefined && <p class="t2">{WEBHOOKS.disabledHelp}</p>}
      <div class="line">
        {webhook.disabledAt !== undefined && (
          <Button small look="primary" onPress={() => actions.enableWebhook(webhook.id)}>
            {WEBHOOKS.enable}
          </Button>
        )}
        <Button small onPress={test}>
          {WEBHOOKS.test}
        </Button>
        <Button small look="danger" icon="trash" onPress={() => setRemoving(true)}>
          {WEBHOOKS.remove}
        </Button>
        <span class="note" role="status">
          {tested}
        </span>
      </div>
      {isRemoving && <RemoveWebhookDialog webhook={webhook} onClose={() => setRemoving(false)} />}
    </div>
  );
}

function factsOf({ id, createdAt, disabledAt, disabledBecause }: WebhookView): readonly Fact[] {
  const { facts } = WEBHOOKS;
  return [
    {
      term: facts.id,
      value: (
        <>
          <span class="mono">{id}</span>
          <CopyIcon text={id} label={WEBHOOKS.copyId} />
        </>
      ),
    },
    { term: facts.createdAt, value: date(Date.parse(createdAt)) },
    ...(disabledAt === undefined
      ? []
      : [{ term: facts.disabled, value: date(Date.parse(disabledAt)), after: disabledBecause }]),
  ];
}
