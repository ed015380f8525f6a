import { Button } from '../../kit/button.tsx';
import { CONFIG } from '../../words/config.ts';
import { usePage } from '../page-context.ts';
import type { ConfigField } from '../../../local-api/contract/config.ts';
import type { SettingChange } from './draft.ts';

/** What is not saved yet; nothing while all is. */
export function SaveBar({ changes }: { readonly changes: readonly SettingChange[] }) {
  const { model, actions } = usePage();
  if (changes.length === 0) return null;
  const wrong = changes.filter(({ field, error }) => (error ?? model.refusals.value[field.key]) !== undefined);
  const [first] = wrong;
  return (
    <div class="savebar" role="region" aria-label={CONFIG.barLabel}>
      <p>
        <span class="strong">{CONFIG.unsaved(changes.length)}</span>{' '}
        {first !== undefined && (
          <span class="t2">
            {CONFIG.toFix(wrong.length)} <FirstWrong field={first.field} />
          </span>
        )}
      </p>
      <div class="push line">
        <Button onPress={() => actions.undoEdits()}>{CONFIG.reset}</Button>
        <Button
          look="primary"
          keys="Control+S"
          save
          off={changes.some(({ error }) => error !== undefined) ? CONFIG.saveOff : undefined}
          onPress={actions.saveConfig}
        >
          {CONFIG.save}
        </Button>
      </div>
    </div>
  );
}

/** The fragment names the page, so the link goes there by itself. */
const FirstWrong = ({ field }: { readonly field: ConfigField }) => (
  <a
    href="#config"
    onClick={(event) => {
      event.preventDefault();
      document.getElementById(field.key)?.focus();
    }}
  >
    {field.name}
  </a>
);
