import type { ConfigField } from '../../../local-api/contract/config.ts';
import { isTaskKind, kindName } from '../../../contract/tasks/index.ts';
import { describedBy, helpId, NumberInput, SecretInput, Select, TextInput, Toggle } from '../../kit/field.tsx';
import { CONFIG } from '../../words/config.ts';
import { Windows } from './windows.tsx';
import { type Edit, isWindows, switchesOf, textOf } from './draft.ts';

interface WidgetProps {
  readonly field: ConfigField;
  /** Undefined while nobody changed it. */
  readonly edit: Edit | undefined;
  readonly error: string | undefined;
  readonly onEdit: (edit: Edit) => void;
}

/** The control that asks for a key, by the shape of its value. */
export function Widget({ field, edit, error, onEdit }: WidgetProps) {
  const { key: id, shape } = field;
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
      return <Choice field={field} value={text} onEdit={onEdit} />;
    case 'kinds':
      return <Kinds field={field} edit={isWindows(edit) ? undefined : edit} onEdit={onEdit} />;
    case 'windows':
      return <Windows field={field} edit={edit} onEdit={onEdit} />;
    case 'text':
    case 'folder':
    case 'list':
      return <TextInput {...shared} mono />;
    default:
      return shape satisfies never;
  }
}

interface KindsProps extends Pick<WidgetProps, 'field' | 'onEdit'> {
  readonly edit: Exclude<Edit, readonly unknown[]> | undefined;
}

const Choice = ({ field, value, onEdit }: Pick<WidgetProps, 'field' | 'onEdit'> & { readonly value: string }) => (
  <Select
    id={field.key}
    label={field.name}
    value={value}
    options={(field.options ?? []).map((option) => [option.value, option.name] as const)}
    onChange={onEdit}
    describedBy={helpId(field.key)}
  />
);

function Kinds({ field, edit, onEdit }: KindsProps) {
  const on = typeof edit === 'object' ? edit : switchesOf(field);
  return (
    <div class="stack stack--tight" role="group" aria-label={field.name} id={field.key}>
      {(field.options ?? []).map(({ value: kind, name }) => (
        <label key={kind} class="line line--apart">
          <span>{isTaskKind(kind) ? kindName(kind) : name}</span>
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

function placeholderOf({ shape, isSet, default: given }: ConfigField): string | undefined {
  if (shape === 'secret') return isSet ? CONFIG.secretSet : CONFIG.secretUnset;
  return given === null || typeof given === 'object' ? CONFIG.noDefault : String(given);
}
