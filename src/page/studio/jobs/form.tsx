import { useState } from 'preact/hooks';
import { canTake } from '../../../contract/capabilities.ts';
import { TASK_KIND_IDS, type TaskKindId } from '../../../contract/tasks/index.ts';
import { gib } from '../../format.ts';
import { Button } from '../../kit/button.tsx';
import { Field, Segmented, Select } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { KIND_NAMES } from '../../words/shared.ts';
import { NEW_JOB } from '../../words/studio/jobs.ts';
import { usePage } from '../page-context.ts';
import {
  errorsIn,
  type FieldName,
  FIELDS,
  type FieldSpec,
  type JobForm,
  type JobFormErrors,
  needsOf,
  requestOf,
  SHARED_FIELDS,
  SYNTHETIC,
} from './draft.ts';
import { FieldPairs } from './fields.tsx';

/** Queues a job of any kind. */
export function NewJobPane() {
  const { model, actions } = usePage();
  const [kind, setKind] = useState<TaskKindId>('image');
  const [form, setForm] = useState<JobForm>({});
  const [modelId, setModelId] = useState<string | undefined>();
  const [errors, setErrors] = useState<JobFormErrors>({});
  const [refusal, setRefusal] = useState<string | undefined>();
  const models = (model.models.value ?? []).filter((one) => one.kind === kind);
  const chosen = modelId === SYNTHETIC ? undefined : (models.find(({ id }) => id === modelId) ?? models[0]);
  const set = (name: FieldName, value: string): void => {
    setForm((before) => ({ ...before, [name]: value }));
    setErrors({});
    setRefusal(undefined);
  };
  const submit = async (): Promise<void> => {
    const found = errorsIn(kind, form);
    setErrors(found);
    if (Object.keys(found).length > 0) return;
    const asked = await actions.createJob(requestOf(kind, form, chosen));
    if (asked.is === 'refused') return setRefusal(asked.because);
    setRefusal(undefined);
    actions.go({ tab: 'jobs', at: asked.answer.id });
  };
  const byMore = (isMore: boolean): readonly FieldSpec[] =>
    [...FIELDS[kind], ...SHARED_FIELDS].filter(({ more }) => (more === true) === isMore);
  const entry = { form, errors, onInput: set };
  return (
    <section class="panel panel--pane" aria-label={NEW_JOB.title}>
      <div class="panel__head">
        <h2>{NEW_JOB.title}</h2>
      </div>
      <div class="panel__scroll">
        <div class="panel__body stack">
          <Segmented
            label={NEW_JOB.kind}
            icons
            full
            value={kind}
            onChange={setKind}
            choices={TASK_KIND_IDS.map((value) => ({ value, word: KIND_NAMES[value], icon: value }))}
          />
          <FieldPairs fields={byMore(false).slice(0, 1)} {...entry} />
          <Field id="j-model" label={NEW_JOB.model}>
            <Select
              id="j-model"
              label={NEW_JOB.model}
              value={chosen?.id ?? SYNTHETIC}
              options={[...models.map(nameOf), [SYNTHETIC, NEW_JOB.synthetic]]}
              onChange={setModelId}
            />
          </Field>
          <FieldPairs fields={byMore(false).slice(1)} {...entry} />
          <details class="more">
            <summary>
              <Icon name="chevron" />
              {NEW_JOB.moreOf(byMore(true).map(({ name }) => NEW_JOB.fields[name]))}
            </summary>
            <div class="stack">
              <FieldPairs fields={byMore(true)} {...entry} />
            </div>
          </details>
          {refusal !== undefined && (
            <p class="field__error" role="alert">
              <Icon name="failed" />
              {`${NEW_JOB.refused}: ${refusal}`}
            </p>
          )}
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

const nameOf = (model: {
  readonly id: string;
  readonly displayName?: string | undefined;
  readonly vramGbEstimate: number;
}): readonly [string, string] => {
  const name = model.displayName ?? model.id;
  return [model.id, model.vramGbEstimate > 0 ? NEW_JOB.modelOf(name, gib(model.vramGbEstimate)) : name];
};

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
