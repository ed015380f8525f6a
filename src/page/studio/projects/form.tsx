import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../../kit/button.tsx';
import { CopyText } from '../../kit/copy.tsx';
import { FieldError } from '../../kit/field.tsx';
import { Refusal } from '../../kit/message.tsx';
import { ActionDialog, Dialog } from '../../kit/overlay.tsx';
import { SHARED } from '../../words/shared.ts';
import type { FormOutcome } from '../outcome.ts';

interface FormDialogProps<Answer> {
  readonly label: string;
  /** What its button says. */
  readonly submit: string;
  readonly look?: 'danger-fill';
  readonly onClose: () => void;
  /** Undefined where what was typed is wrong, which its fields say. */
  readonly onSubmit: () => Promise<FormOutcome<Answer> | undefined>;
  /** With the answer, once the form is closed and the focus is back. */
  readonly onDone?: (answer: Answer) => void;
  readonly children: ComponentChildren;
}

/** A form over the page. It closes once the studio has done what it asks for, and shows the refusal otherwise. */
export function FormDialog<Answer>(props: FormDialogProps<Answer>) {
  const { label, submit, look = 'primary', onClose, onSubmit, onDone, children } = props;
  const [refusal, setRefusal] = useState<string | undefined>();
  const send = async (close: () => void): Promise<void> => {
    setRefusal(undefined);
    const outcome = await onSubmit();
    if (outcome?.is === 'refused') setRefusal(outcome.because);
    if (outcome?.is !== 'done') return;
    close();
    onDone?.(outcome.answer);
  };
  return (
    <ActionDialog label={label} submit={submit} look={look} save onClose={onClose} onSubmit={send}>
      {children}
      <Refusal say={refusal} />
    </ActionDialog>
  );
}

interface SecretDialogProps {
  readonly label: string;
  readonly say: string;
  readonly secret: string;
  /** What the secret is, for a screen reader. */
  readonly what: string;
  readonly copy: string;
  readonly onClose: () => void;
}

/** A secret that is shown this once: it is in no other place of the page, and gone with the dialog. */
export const SecretDialog = ({ label, say, secret, what, copy, onClose }: SecretDialogProps) => (
  <Dialog label={label} onClose={onClose} foot={<Button onPress={onClose}>{SHARED.close}</Button>}>
    <p class="t2">{say}</p>
    <CopyText text={secret} what={what} label={copy} />
  </Dialog>
);

interface ChecksProps<Value extends string> {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly (readonly [value: Value, word: string])[];
  readonly chosen: readonly Value[];
  readonly error: string | undefined;
  readonly onChange: (chosen: readonly Value[]) => void;
}

/** Any of a few, in their order. */
export const Checks = <Value extends string>({ id, label, choices, chosen, error, onChange }: ChecksProps<Value>) => (
  <div class="field" role="group" aria-label={label}>
    <span class="field__label">{label}</span>
    {choices.map(([value, word]) => (
      <label key={value} class="line line--nowrap">
        <input
          id={`${id}-${value}`}
          type="checkbox"
          checked={chosen.includes(value)}
          onChange={(event) => {
            const isOn = event.currentTarget.checked;
            onChange(choices.flatMap(([one]) => ((one === value ? isOn : chosen.includes(one)) ? [one] : [])));
          }}
        />
        {word}
      </label>
    ))}
    <FieldError id={id} error={error} />
  </div>
);
