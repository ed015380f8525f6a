import { useState } from 'preact/hooks';
import type { ApiModel } from '../../../local-api/contract/models.ts';
import { bytes } from '../../format.ts';
import { Field, NumberInput, TextInput } from '../../kit/field.tsx';
import { ActionDialog } from '../../kit/overlay.tsx';
import { CONFIG } from '../../words/config.ts';
import { MODELS } from '../../words/models.ts';
import { usePage } from '../page-context.ts';
import { EMPTY_FORM, entryOf, errorsIn, type FormErrors, type ModelForm, suggestedId } from './draft.ts';

const WORDS = MODELS.form;

/** Adds a model by the address of its file. */
export function AddDialog({ onClose }: { readonly onClose: () => void }) {
  const { model, actions } = usePage();
  const [form, setForm] = useState(EMPTY_FORM);
  const [errors, setErrors] = useState<FormErrors>({});
  const set = (change: Partial<ModelForm>): void => {
    setForm({ ...form, ...change });
    setErrors({});
  };
  const submit = async (close: () => void): Promise<void> => {
    const found = errorsIn(form, new Set(model.models.value?.map(({ id }) => id)));
    setErrors(found);
    if (Object.keys(found).length === 0 && (await actions.addModel(entryOf(form)))) close();
  };
  /** Follows the address until somebody typed another one. */
  const setUrl = (url: string): void => {
    const isOwn = form.id !== '' && form.id !== suggestedId(form.url);
    set(isOwn ? { url } : { url, id: suggestedId(url) });
  };
  return (
    <ActionDialog label={MODELS.add} submit={WORDS.submit} look="primary" onClose={onClose} onSubmit={submit}>
      <AddFields form={form} errors={errors} set={set} setUrl={setUrl} />
    </ActionDialog>
  );
}

interface AddFieldsProps {
  readonly form: ModelForm;
  readonly errors: FormErrors;
  readonly set: (change: Partial<ModelForm>) => void;
  readonly setUrl: (url: string) => void;
}

const AddFields = ({ form, errors, set, setUrl }: AddFieldsProps) => (
  <>
    <Field id="m-url" label={WORDS.url} help={WORDS.urlHelp} error={errors.url}>
      <TextInput id="m-url" mono value={form.url} error={errors.url} onInput={setUrl} />
    </Field>
    <Field id="m-id" label={WORDS.id} help={WORDS.idHelp} error={errors.id}>
      <TextInput id="m-id" mono value={form.id} error={errors.id} onInput={(id) => set({ id })} />
    </Field>
    <Field id="m-sha" label={WORDS.sha} aside={WORDS.optional} help={WORDS.shaHelp} error={errors.sha256}>
      <TextInput
        id="m-sha"
        mono
        value={form.sha256}
        placeholder={WORDS.shaPlaceholder}
        error={errors.sha256}
        onInput={(sha256) => set({ sha256 })}
      />
    </Field>
    <Field id="m-mem" label={WORDS.memory} help={WORDS.memoryHelp} error={errors.memory}>
      <NumberInput
        id="m-mem"
        unit={CONFIG.units.GiB}
        value={form.memory}
        error={errors.memory}
        onInput={(memory) => set({ memory })}
      />
    </Field>
  </>
);

interface RemoveDialogProps {
  readonly model: ApiModel;
  readonly onClose: () => void;
}

/** What is removed has to be downloaded again, so it is asked for. */
export function RemoveDialog({ model, onClose }: RemoveDialogProps) {
  const { actions } = usePage();
  const { confirmRemove } = MODELS;
  const remove = async (close: () => void): Promise<void> => {
    if (await actions.removeModel(model)) close();
  };
  return (
    <ActionDialog
      label={confirmRemove.title(model.displayName)}
      submit={confirmRemove.do}
      look="danger-fill"
      onClose={onClose}
      onSubmit={remove}
    >
      <p class="t2">
        {model.disk.sizeBytes > 0 ? confirmRemove.say(bytes(model.disk.sizeBytes)) : confirmRemove.sayNoFiles}
      </p>
    </ActionDialog>
  );
}
