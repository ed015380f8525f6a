import { useEffect, useState } from 'preact/hooks';
import type { LiveStatus } from '../../../local-api/contract/status.ts';
import { Button } from '../../kit/button.tsx';
import { CopyCommand } from '../../kit/copy.tsx';
import { Field, SecretInput, TextInput } from '../../kit/field.tsx';
import { Panel } from '../../kit/panel.tsx';
import { CONFIG } from '../../words/config.ts';
import { STATUS } from '../../words/status.ts';
import { usePage } from '../page-context.ts';

const WORDS = STATUS.register;

/** For somebody who wants this studio or another one, or has none. */
export const RegisterPanels = ({ status }: { readonly status: LiveStatus }) => (
  <div class="stack">
    <Panel title={WORDS.title}>
      <RegisterForm status={status} />
    </Panel>
    <Panel title={WORDS.noStudio}>
      <div class="panel__body stack">
        <p class="t2">{WORDS.runOne}</p>
        <CopyCommand command={WORDS.studioCommand} />
        <p class="note">{WORDS.thenRegister}</p>
      </div>
    </Panel>
  </div>
);

/** Nothing is saved or asked before the button is pressed. */
function RegisterForm({ status }: { readonly status: LiveStatus }) {
  const { model, actions } = usePage();
  const [url, setUrl] = useState(status.studioUrl);
  const [token, setToken] = useState('');
  useEffect(() => void actions.readConfig(), [actions]);
  const submit = (): Promise<void> => actions.register({ url: url.trim(), token: token.trim() });
  const off = model.config.value?.canRestart === false ? CONFIG.cannotRestart : undefined;
  const { api_base_url: badUrl, bootstrap_token: badToken } = model.refusals.value;
  return (
    <form class="panel__body stack" onSubmit={(event) => event.preventDefault()}>
      <Field id="studio-url" label={WORDS.url} help={WORDS.urlHelp} error={badUrl}>
        <TextInput id="studio-url" mono required value={url} error={badUrl} onInput={setUrl} />
      </Field>
      <Field id="bootstrap-token" label={WORDS.token} aside={WORDS.optional} help={WORDS.tokenHelp} error={badToken}>
        <SecretInput
          id="bootstrap-token"
          value={token}
          error={badToken}
          onInput={setToken}
          showLabel={WORDS.show}
          hideLabel={WORDS.hide}
        />
      </Field>
      <div class="line line--wide">
        <Button look="primary" submit off={off} onPress={submit}>
          {WORDS.ask}
        </Button>
        <span class="note">{WORDS.told}</span>
      </div>
    </form>
  );
}
