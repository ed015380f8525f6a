import type { ConfigField } from '../../../local-api/contract/config.ts';
import { TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { describedBy, helpId, NumberInput, SecretInput, Select, TextInput, Toggle } from '../../kit/field.tsx';
import { CHOICE_NAMES, CONFIG } from '../../words/config.ts';
import { KIND_NAMES } from '../../words/shared.ts';
import { type Edit, nameOf, switchesOf, textOf } from './draft.ts';

interface WidgetProps {
  readonly field: ConfigField;
  /** Undefined while nobody changed it. */
  readonly edit: Edit | undefined;
  readonly error: string | undefined;
  readonly onEdit: (edit: Edit) => void;
}

/** The control that asks for a key, by the shape of its value. */
export function Widget({ field, edit, error, onEdit }: WidgetProps) {
  const { key: id, shape, options = [] } = field;
  const text = typeof edit === 'string' ? edit : textOf(field);
  const shared = { id, value: text, error, onInput: onEdit, placeholder: placeholderOf(field) };
  switch (shape) {
    case 'switch':
      return (
        <Toggle
          id={id}
          on={typeof edit === 'boolean' ? edit : field.value === true}
          onChange={onEdit}
          describedBy={describedBy(id, error)}
        />
      );
    case 'number':
    case 'count':
      return <NumberInput {...shared} unit={field.unit === undefined ? '' : CONFIG.units[field.unit]} />;
    case 'secret':
      return <SecretInput {...shared} showLabel={CONFIG.show} hideLabel={CONFIG.hide} />;
    case 'choice':
      return (
        <Select
          id={id}
          label={nameOf(id)}
          value={text}
          options={options.map((option) => [option, CHOICE_NAMES[option] ?? option] as const)}
          onChange={onEdit}
          describedBy={helpId(id)}
        />
      );
    case 'kinds':
      return <Kinds field={field} edit={edit} onEdit={onEdit} />;
    case 'text':
    case 'folder':
    case 'list':
      return <TextInput {...shared} mono />;
    default:
      return shape satisfies never;
  }
}

function Kinds({ field, edit, onEdit }: Pick<WidgetProps, 'field' | 'edit' | 'onEdit'>) {
  const on = typeof edit === 'object' ? edit : switchesOf(field);
  return (
    <div class="stack stack--tight" role="group" aria-label={nameOf(field.key)} id={field.key}>
      {(field.options ?? []).map((kind) => (
        <label key={kind} class="line line--apart">
          <span>{TASK_KIND_IDS.find((known) => known === kind) === undefined ? kind : KIND_NAMES[kindOf(kind)]}</span>
          <Toggle
            id={`${field.key}-${kind}`}
            on={on[kind] ?? true}
            onChange={(isOn) => onEdit({ ...on, [kind]: isOn })}
          />
        </label>
      ))}
    </div>
  );
}

const kindOf = (name: string) => TASK_KIND_IDS.find((known) => known === name) ?? 'image';

function placeholderOf({ shape, isSet, default: given }: ConfigField): string | undefined {
  if (shape === 'secret') return isSet ? CONFIG.secretSet : CONFIG.secretUnset;
  return given === null || typeof given === 'object' ? CONFIG.noDefault : String(given);
}
