import { useState } from 'preact/hooks';
import type { ModelView } from '../../../contract/operator/views.ts';
import type { TaskKindId } from '../../../contract/tasks/index.ts';
import { usePage } from '../page-context.ts';
import { errorsIn, type FieldName, type JobForm, type JobFormErrors, requestOf, SYNTHETIC } from './draft.ts';

/** A job as somebody puts it together, until the studio queues it. */
export interface JobFormState {
  readonly kind: TaskKindId;
  readonly setKind: (kind: TaskKindId) => void;
  /** Those of the kind. */
  readonly models: readonly ModelView[];
  /** Undefined where the synthetic engine runs the job. */
  readonly chosen: ModelView | undefined;
  readonly setModelId: (modelId: string) => void;
  readonly form: JobForm;
  readonly errors: JobFormErrors;
  /** Why the studio did not queue it. */
  readonly refusal: string | undefined;
  readonly set: (name: FieldName, value: string) => void;
  /** Queues the job and opens it, or shows what is in its way. */
  readonly submit: () => Promise<void>;
}

export function useJobForm(): JobFormState {
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
  return { kind, setKind, models, chosen, setModelId, form, errors, refusal, set, submit };
}
