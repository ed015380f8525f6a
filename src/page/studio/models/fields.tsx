import { ENGINE_NAMES } from '../../../contract/model-source.ts';
import { kindName, TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { Field, NumberInput, Select, TextInput } from '../../kit/field.tsx';
import { MODELS } from '../../words/studio/models.ts';
import type { ModelErrors, ModelForm } from './draft.ts';
import { Files } from './files.tsx';

interface ModelFieldsProps {
  readonly form: ModelForm;
  readonly errors: ModelErrors;
  /** The ID of one that is there cannot be changed. */
  readonly isNew: boolean;
  readonly onChange: (form: ModelForm) => void;
}

const WORDS = MODELS.fields;

/** The fields of a model. */
export function ModelFields({ form, errors, isNew, onChange }: ModelFieldsProps) {
  const set = (change: Partial<ModelForm>): void => onChange({ ...form, ...change });
  const group = { form, errors, set };
  return (
    <>
      <Names {...group} isNew={isNew} />
      <KindAndEngine {...group} />
      <Memory {...group} />
      <Files files={form.files} errors={errors} onChange={(files) => set({ files })} />
      <Defaults {...group} />
    </>
  );
}

interface GroupProps {
  readonly form: ModelForm;
  readonly errors: ModelErrors;
  readonly set: (change: Partial<ModelForm>) => void;
}

const Names = ({ form, errors, set, isNew }: GroupProps & { readonly isNew: boolean }) => (
  <div class="pair">
    <Field id="e-id" label={WORDS.id} error={errors['id']}>
      <TextInput id="e-id" mono value={form.id} readOnly={!isNew} error={errors['id']} onInput={(id) => set({ id })} />
    </Field>
    <Field id="e-name" label={WORDS.name}>
      <TextInput id="e-name" value={form.name} onInput={(name) => set({ name })} />
    </Field>
  </div>
);

const KindAndEngine = ({ form, set }: GroupProps) => (
  <div class="pair">
    <Field id="e-kind" label={WORDS.kind}>
      <Select
        id="e-kind"
        label={WORDS.kind}
        value={form.kind}
        options={TASK_KIND_IDS.map((kind) => [kind, kindName(kind)] as const)}
        onChange={(kind) => set({ kind })}
      />
    </Field>
    <Field id="e-engine" label={WORDS.engine}>
      <Select
        id="e-engine"
        label={WORDS.engine}
        value={form.engine}
        options={ENGINE_NAMES.map((engine) => [engine, engine] as const)}
        onChange={(engine) => set({ engine })}
      />
    </Field>
  </div>
);

const Memory = ({ form, errors, set }: GroupProps) => (
  <Field id="e-memory" label={WORDS.memory} help={WORDS.memoryHelp} error={errors['memory']}>
    <NumberInput
      id="e-memory"
      unit="GiB"
      value={form.memory}
      error={errors['memory']}
      onInput={(memory) => set({ memory })}
    />
  </Field>
);

const DEFAULTS = ['width', 'height', 'steps', 'cfgScale'] as const;

const Defaults = ({ form, errors, set }: GroupProps) => (
  <fieldset class="stack stack--tight">
    <legend class="field__label">{WORDS.defaults}</legend>
    <div class="pair pair--tight">
      {DEFAULTS.map((name) => (
        <Field key={name} id={`e-${name}`} label={WORDS[name]} error={errors[name]}>
          <NumberInput
            id={`e-${name}`}
            unit=""
            value={form[name]}
            error={errors[name]}
            onInput={(value) => set({ [name]: value })}
          />
        </Field>
      ))}
    </div>
  </fieldset>
);
