import type { ModelView } from '../../../contract/operator/views.ts';
import { canTake } from '../../../contract/capabilities.ts';
import { kindName, TASK_KIND_IDS, type TaskKindId } from '../../../contract/tasks/index.ts';
import { gib } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Field, Segmented, Select } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Refusal } from '../../kit/message.tsx';
import { NEW_JOB } from '../../words/studio/jobs.ts';
import { usePage } from '../page-context.ts';
import { moreFieldsOf, needsOf, shownFieldsOf, SYNTHETIC } from './draft.ts';
import { type FieldEntry, FieldPairs } from './fields.tsx';
import { type JobFormState, useJobForm } from './use-job-form.ts';

/** Queues a job of any kind. */
export function NewJobPane() {
  const state = useJobForm();
  const { kind, chosen, refusal, submit } = state;
  return (
    <section class="panel panel--pane" aria-label={NEW_JOB.title}>
      <div class="panel__head">
        <h2>{NEW_JOB.title}</h2>
      </div>
      <div class="panel__scroll">
        <div class="panel__body stack">
          <JobFields state={state} />
          <Refusal say={refusal === undefined ? undefined : `${NEW_JOB.refused}: ${refusal}`} />
        </div>
      </div>
      <div class="panel__foot panel__foot--do">
        <WhoCan kind={kind} modelId={chosen?.id} />
        <Button look="primary" save keys="Control+Enter" onPress={submit}>
          {NEW_JOB.submit}
        </Button>
      </div>
    </section>
  );
}

/** The kind, what is asked of it first, the model, then the rest. */
function JobFields({ state }: { readonly state: JobFormState }) {
  const { kind, setKind, models, chosen, setModelId, form, errors, set } = state;
  const entry = { form, errors, onInput: set };
  const [first, ...others] = shownFieldsOf(kind);
  return (
    <>
      <Segmented
        label={NEW_JOB.kind}
        icons
        full
        value={kind}
        onChange={setKind}
        choices={TASK_KIND_IDS.map((value) => ({ value, word: kindName(value), icon: value }))}
      />
      <FieldPairs fields={first === undefined ? [] : [first]} {...entry} />
      <ModelField models={models} chosen={chosen} onChange={setModelId} />
      <FieldPairs fields={others} {...entry} />
      <MoreFields kind={kind} {...entry} />
    </>
  );
}

interface ModelFieldProps {
  readonly models: readonly ModelView[];
  readonly chosen: ModelView | undefined;
  readonly onChange: (modelId: string) => void;
}

const ModelField = ({ models, chosen, onChange }: ModelFieldProps) => (
  <Field id="j-model" label={NEW_JOB.model}>
    <Select
      id="j-model"
      label={NEW_JOB.model}
      value={chosen?.id ?? SYNTHETIC}
      options={[...models.map(nameOf), [SYNTHETIC, NEW_JOB.synthetic]]}
      onChange={onChange}
    />
  </Field>
);

const nameOf = ({ id, displayName, vramGbEstimate }: ModelView): readonly [string, string] => {
  const name = displayName ?? id;
  return [id, vramGbEstimate > 0 ? NEW_JOB.modelOf(name, gib(vramGbEstimate)) : name];
};

function MoreFields({ kind, ...entry }: FieldEntry & { readonly kind: TaskKindId }) {
  const fields = moreFieldsOf(kind);
  return (
    <details class="more">
      <summary>
        <Icon name="chevron" />
        {NEW_JOB.moreOf(fields.map(({ name }) => NEW_JOB.fields[name]))}
      </summary>
      <div class="stack">
        <FieldPairs fields={fields} {...entry} />
      </div>
    </details>
  );
}

/** How many workers can take such a job, so that nobody queues one in vain unawares. */
function WhoCan({ kind, modelId }: { readonly kind: TaskKindId; readonly modelId: string | undefined }) {
  const { workers, models } = usePage().model;
  const connected = (workers.value ?? []).filter(({ connected: isOn }) => isOn);
  const needs = needsOf(
    kind,
    models.value?.find(({ id }) => id === modelId),
  );
  const many = connected.filter(({ capabilities }) => canTake(capabilities, needs)).length;
  const say = connected.length === 0 ? NEW_JOB.noWorkers : many === 0 ? NEW_JOB.nobodyCan : NEW_JOB.canTake(many);
  return (
    <span class="note" role="status">
      {say}
    </span>
  );
}
