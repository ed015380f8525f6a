import type { ConfigField } from '../../../local-api/contract/config.ts';
import { Chip } from '../../kit/badge.tsx';
import { IconButton } from '../../kit/button.tsx';
import { FieldError, helpId } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { CONFIG } from '../../words/config.ts';
import { usePage } from '../page-context.ts';
import { type SettingChange, isEditable, valueWords } from './draft.ts';
import { Widget } from './widget.tsx';

interface SettingProps {
  readonly field: ConfigField;
  /** What the reader changed of it. */
  readonly change: SettingChange | undefined;
}

/** What a key is on the left, its control on the right. */
export function Setting({ field, change }: SettingProps) {
  const { model, actions } = usePage();
  const { key } = field;
  const error = change?.error ?? model.refusals.value[key];
  return (
    <div class={classOf(field, change)}>
      <div>
        <SettingName field={field} />
        <p class="field__help" id={helpId(key)}>
          {field.sentence}
        </p>
      </div>
      <div class="setting__control">
        {isEditable(field) ? (
          <Widget
            field={field}
            edit={model.edits.value[key]}
            error={error}
            onEdit={(edit) => actions.editConfig(key, edit)}
          />
        ) : (
          <p class="mono">{valueWords(field)}</p>
        )}
        <FieldError id={key} error={error} />
        <Note field={field} change={change} />
      </div>
    </div>
  );
}

function SettingName({ field }: Pick<SettingProps, 'field'>) {
  const { key, name, shape, applies, needsRestart } = field;
  return (
    <p class="setting__name">
      {GROUPS.has(shape) || !isEditable(field) ? <span>{name}</span> : <label for={key}>{name}</label>}
      <span class="setting__key">{key}</span>
      {needsRestart ? (
        <Chip tone="busy">{CONFIG.afterRestart}</Chip>
      ) : (
        applies === 'restart' && (
          <span class="later" title={CONFIG.laterTitle}>
            <Icon name="retry" />
            <span class="visually-hidden">{CONFIG.laterTitle}</span>
          </span>
        )
      )}
    </p>
  );
}

function Note({ field, change }: SettingProps) {
  const { actions } = usePage();
  if (!isEditable(field)) {
    return <p class="note">{CONFIG.fromEnvironment(`STUDIO_WORKER_${field.key.toUpperCase()}`)}</p>;
  }
  if (change === undefined) return null;
  return (
    <p class="note line">
      {CONFIG.was(valueWords(field))}
      <IconButton icon="undo" label={CONFIG.undo(field.name)} onPress={() => actions.undoEdits(field.key)} />
    </p>
  );
}

/** Several controls below one name. */
const GROUPS: ReadonlySet<ConfigField['shape']> = new Set(['kinds', 'windows']);
const WIDE: ReadonlySet<ConfigField['shape']> = new Set(['text', 'folder', 'secret', 'list', 'windows']);

function classOf({ shape }: ConfigField, change: SettingChange | undefined): string {
  const names = ['setting'];
  if (shape === 'switch') names.push('setting--flag');
  if (WIDE.has(shape)) names.push('setting--wide');
  if (change !== undefined) names.push('setting--changed');
  return names.join(' ');
}
