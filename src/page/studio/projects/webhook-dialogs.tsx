import { useState } from 'preact/hooks';
import {
  type CreatedWebhook,
  WEBHOOK_EVENTS,
  type WebhookEvent,
  type WebhookView,
} from '../../../contract/operator/webhooks.ts';
import { Field, TextInput } from '../../kit/field.tsx';
import { ActionDialog } from '../../kit/overlay.tsx';
import { WEBHOOKS } from '../../words/studio/webhooks.ts';
import type { FormOutcome } from '../outcome.ts';
import { usePage } from '../page-context.ts';
import { Checks, FormDialog } from './form.tsx';

interface NewWebhookProps {
  readonly onMade: (webhook: CreatedWebhook) => void;
  readonly onClose: () => void;
}

/** What it may lead to is for the studio to say. */
const isWebUrl = (text: string): boolean => /^https?:\/\//.test(text) && URL.canParse(text);

export function NewWebhookDialog({ onMade, onClose }: NewWebhookProps) {
  const { actions } = usePage();
  const [url, setUrl] = useState('');
  const [urlError, setUrlError] = useState<string | undefined>();
  const [events, setEvents] = useState<readonly WebhookEvent[]>(WEBHOOK_EVENTS);
  const submit = async (): Promise<FormOutcome<CreatedWebhook> | undefined> => {
    const isUrl = isWebUrl(url.trim());
    setUrlError(isUrl ? undefined : WEBHOOKS.wrong.url);
    if (!isUrl || events.length === 0) return undefined;
    return await actions.addWebhook({ url: url.trim(), events: [...events] });
  };
  return (
    <FormDialog label={WEBHOOKS.addTitle} submit={WEBHOOKS.addDo} onClose={onClose} onSubmit={submit} onDone={onMade}>
      <Field id="w-url" label={WEBHOOKS.url} error={urlError}>
        <TextInput
          id="w-url"
          mono
          required
          value={url}
          placeholder={WEBHOOKS.urlPlaceholder}
          error={urlError}
          onInput={setUrl}
        />
      </Field>
      <Checks
        id="w-event"
        label={WEBHOOKS.tellOf}
        choices={WEBHOOK_EVENTS.map((event) => [event, WEBHOOKS.eventNames[event]] as const)}
        chosen={events}
        error={events.length === 0 ? WEBHOOKS.wrong.events : undefined}
        onChange={setEvents}
      />
    </FormDialog>
  );
}

interface RemoveWebhookProps {
  readonly webhook: WebhookView;
  readonly onClose: () => void;
}

export function RemoveWebhookDialog({ webhook, onClose }: RemoveWebhookProps) {
  const { actions } = usePage();
  const remove = async (close: () => void): Promise<void> => {
    if (await actions.removeWebhook(webhook)) close();
  };
  return (
    <ActionDialog
      label={WEBHOOKS.removeTitle}
      submit={WEBHOOKS.removeDo}
      look="danger-fill"
      save
      onClose={onClose}
      onSubmit={remove}
    >
      <p class="mono">{webhook.url}</p>
      <p class="t2">{WEBHOOKS.removeSay}</p>
    </ActionDialog>
  );
}
