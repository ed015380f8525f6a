import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Icon, type IconName } from './icons/icons.tsx';

/*
 * The controls of a form. They are short, and in one file because each has to be tied to its label, its help and its error
 * by the same ids: a screen reader reads what is wrong with a field only where that is done.
 */

interface FieldProps {
  readonly id: string;
  readonly label: string;
  /** Behind the label, such as “(optional)”. */
  readonly aside?: string;
  readonly help?: string;
  readonly error?: string | undefined;
  readonly children: ComponentChildren;
}

/** A label, its control, what helps to fill it in, and what is wrong with it. */
export const Field = ({ id, label, aside, help, error, children }: FieldProps) => (
  <div class="field">
    <label class="field__label" for={id}>
      {label}
      {aside !== undefined && <span class="optional"> {aside}</span>}
    </label>
    {children}
    {help !== undefined && (
      <p class="field__help" id={helpId(id)}>
        {help}
      </p>
    )}
    <FieldError id={id} error={error} />
  </div>
);

export const helpId = (id: string): string => `${id}-h`;
const errorId = (id: string): string => `${id}-e`;
/** The ids of the texts that describe a control. */
export const describedBy = (id: string, error: string | undefined): string =>
  error === undefined ? helpId(id) : `${helpId(id)} ${errorId(id)}`;

export const FieldError = ({ id, error }: { readonly id: string; readonly error: string | undefined }) =>
  error === undefined ? null : (
    <p class="field__error" id={errorId(id)}>
      <Icon name="failed" />
      {error}
    </p>
  );

export interface TextInputProps {
  readonly id: string;
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly mono?: boolean;
  readonly placeholder?: string | undefined;
  readonly error?: string | undefined;
  readonly readOnly?: boolean;
  readonly required?: boolean;
  readonly children?: ComponentChildren;
}

export const TextInput = (props: TextInputProps) => (
  <div class={props.mono ? 'input input--mono' : 'input'}>
    <input
      id={props.id}
      type="text"
      value={props.value}
      placeholder={props.placeholder}
      readOnly={props.readOnly}
      required={props.required}
      spellcheck={false}
      autocomplete="off"
      aria-invalid={props.error === undefined ? undefined : true}
      aria-describedby={describedBy(props.id, props.error)}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
    {props.children}
  </div>
);

/** A text of several lines. `label` where no other element names it. */
export const TextArea = (props: TextInputProps & { readonly rows: number; readonly label?: string }) => (
  <div class={props.mono ? 'input input--mono' : 'input'}>
    <textarea
      id={props.id}
      rows={props.rows}
      value={props.value}
      placeholder={props.placeholder}
      aria-label={props.label}
      aria-invalid={props.error === undefined ? undefined : true}
      aria-describedby={describedBy(props.id, props.error)}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
  </div>
);

/** A number with its unit. It is text to the browser, so that what is not a number can be shown as wrong. */
export const NumberInput = (props: TextInputProps & { readonly unit: string }) => (
  <div class="input input--num">
    <input
      id={props.id}
      type="text"
      inputMode="decimal"
      value={props.value}
      placeholder={props.placeholder}
      aria-invalid={props.error === undefined ? undefined : true}
      aria-describedby={describedBy(props.id, props.error)}
      onInput={(event) => props.onInput(event.currentTarget.value)}
    />
    <span class="input__unit">{props.unit}</span>
  </div>
);

interface SecretInputProps extends TextInputProps {
  readonly showLabel: string;
  readonly hideLabel: string;
}

/** A secret, masked until somebody wants to see what they typed. */
export function SecretInput(props: SecretInputProps) {
  const [shown, setShown] = useState(false);
  const label = shown ? props.hideLabel : props.showLabel;
  const shared = {
    id: props.id,
    value: props.value,
    placeholder: props.placeholder,
    autocomplete: 'off',
    spellcheck: false,
    'aria-invalid': props.error === undefined ? undefined : true,
    'aria-describedby': describedBy(props.id, props.error),
    onInput: (event: { readonly currentTarget: HTMLInputElement }) => props.onInput(event.currentTarget.value),
  };
  return (
    <div class="input input--mono">
      {shown ? <input type="text" {...shared} /> : <input type="password" {...shared} />}
      <button
        class="btn btn--quiet btn--sm btn--icon"
        type="button"
        title={label}
        aria-pressed={shown}
        onClick={() => setShown(!shown)}
      >
        <Icon name="eye" />
        <span class="visually-hidden">{label}</span>
      </button>
    </div>
  );
}

interface SelectProps<Value extends string> {
  readonly id: string;
  readonly label: string;
  readonly value: Value;
  readonly options: readonly (readonly [value: Value, word: string])[];
  readonly onChange: (value: Value) => void;
  /** As wide as its words. */
  readonly fit?: boolean;
  readonly describedBy?: string;
}

export const Select = <Value extends string>(props: SelectProps<Value>) => (
  <div class={props.fit ? 'input input--fit input--select' : 'input input--select'}>
    <select
      id={props.id}
      aria-label={props.label}
      aria-describedby={props.describedBy}
      value={props.value}
      onChange={(event) => {
        const chosen = props.options[event.currentTarget.selectedIndex];
        if (chosen !== undefined) props.onChange(chosen[0]);
      }}
    >
      {props.options.map(([value, word]) => (
        <option key={value} value={value} selected={value === props.value}>
          {word}
        </option>
      ))}
    </select>
    <Icon name="open" />
  </div>
);

interface SearchProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly placeholder: string;
  readonly label: string;
  /** `grow` fills its row, `find` has a width of its own. */
  readonly size: 'grow' | 'find';
  readonly keyHint?: string;
}

/** A page's search; `Ctrl+F` goes to it. */
export const Search = ({ value, onInput, placeholder, label, size, keyHint }: SearchProps) => (
  <div class={size === 'grow' ? 'input grow input--min' : 'input input--find'}>
    <Icon name="search" />
    <input
      type="search"
      value={value}
      placeholder={placeholder}
      aria-label={label}
      aria-keyshortcuts="Control+F"
      data-search
      onInput={(event) => onInput(event.currentTarget.value)}
    />
    {keyHint !== undefined && <kbd aria-hidden="true">{keyHint}</kbd>}
  </div>
);

export interface Choice<Value extends string> {
  readonly value: Value;
  readonly word: string;
  readonly icon?: IconName;
  readonly many?: number | undefined;
}

interface SegmentedProps<Value extends string> {
  readonly label: string;
  readonly choices: readonly Choice<Value>[];
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly push?: boolean;
  /** Words only for screen readers where there is an icon. */
  readonly icons?: boolean;
  /** As wide as there is space. */
  readonly full?: boolean;
}

/** One of a few. */
export const Segmented = <Value extends string>({
  label,
  choices,
  value,
  onChange,
  push,
  icons,
  full,
}: SegmentedProps<Value>) => (
  <div
    class={['segmented', icons ? 'segmented--icons' : '', full ? 'segmented--full' : '', push ? 'push' : '']
      .filter(Boolean)
      .join(' ')}
    role="group"
    aria-label={label}
  >
    {choices.map((choice) => (
      <button
        key={choice.value}
        type="button"
        aria-pressed={choice.value === value}
        title={icons && choice.icon ? choice.word : undefined}
        onClick={() => onChange(choice.value)}
      >
        {choice.icon !== undefined && <Icon name={choice.icon} small={!icons} />}
        {icons && choice.icon ? <span class="visually-hidden">{choice.word}</span> : choice.word}
        {choice.many !== undefined && <span class="n">{choice.many}</span>}
      </button>
    ))}
  </div>
);

interface ToggleProps {
  readonly id: string;
  readonly on: boolean;
  readonly onChange: (on: boolean) => void;
  readonly describedBy?: string;
}

export const Toggle = ({ id, on, onChange, describedBy: described }: ToggleProps) => (
  <span class="toggle">
    <input
      id={id}
      type="checkbox"
      role="switch"
      checked={on}
      aria-describedby={described}
      onChange={(event) => onChange(event.currentTarget.checked)}
    />
  </span>
);
