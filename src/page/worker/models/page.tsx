import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import type { ApiModel } from '../../../local-api/contract/models.ts';
import { kindName, TASK_KIND_IDS } from '../../../contract/tasks/index.ts';
import { Button } from '../../kit/button.tsx';
import { Search, Segmented } from '../../kit/field.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page, Panel } from '../../kit/panel.tsx';
import { MODELS } from '../../words/models.ts';
import { SHELL } from '../../words/shared.ts';
import { usePage } from '../page-context.ts';
import { isLive } from '../state.ts';
import { StaleBanner } from '../stale.tsx';
import { AddDialog, RemoveDialog } from './dialogs.tsx';
import { filterModels, isWhole, type ModelFilter, modelLook, NO_MODEL_FILTER, SECTIONS, type Section } from './look.ts';
import { MemoryAndDisk } from './memory.tsx';
import { ModelRow } from './row.tsx';

/** What fills the memory and the disk; load, unload, download, verify. */
export function ModelsPage() {
  const { model, actions } = usePage();
  const isReachable = isLive(model.link.value);
  const [isAdding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<ApiModel | undefined>();
  // Read once more after each loss of the worker: what it announced meanwhile was missed.
  useEffect(() => {
    if (isReachable) void actions.readModels();
  }, [isReachable, actions]);
  return (
    <Page
      title={SHELL.pages.models}
      head={
        <div class="push line">
          <VerifyAllButton />
          <Button icon="plus" onPress={() => setAdding(true)}>
            {MODELS.add}
          </Button>
        </div>
      }
    >
      <StaleBanner />
      <MemoryAndDisk />
      {model.models.value === undefined ? (
        isReachable && <p class="note">{MODELS.reading}</p>
      ) : (
        <CataloguePanel models={model.models.value} onRemove={setRemoving} />
      )}
      {isAdding && <AddDialog onClose={() => setAdding(false)} />}
      {removing !== undefined && <RemoveDialog model={removing} onClose={() => setRemoving(undefined)} />}
    </Page>
  );
}

/** Off, with the reason, rather than hidden: a reader who looks for it learns what is missing. */
function VerifyAllButton() {
  const { model, actions } = usePage();
  const { models, verifying } = model;
  const isAny = models.value?.some(isWhole) === true;
  const now = verifying.value;
  return (
    <Button
      icon="verify"
      title={MODELS.verifyAllTitle}
      off={isAny ? undefined : MODELS.nothingToVerify}
      onPress={actions.verifyAllModels}
    >
      {now === undefined ? MODELS.verifyAll : MODELS.verifying(now.done, now.all)}
    </Button>
  );
}

interface CatalogueProps {
  readonly models: readonly ApiModel[];
  readonly onRemove: (model: ApiModel) => void;
}

/** The filter lives with the panel, so that a reader who comes back to the page sees every model again. */
function CataloguePanel({ models, onRemove }: CatalogueProps) {
  const { model } = usePage();
  const filter = useSignal(NO_MODEL_FILTER);
  const set = (change: Partial<ModelFilter>): void => void (filter.value = { ...filter.value, ...change });
  const facts = { now: model.now.value, vramTotalGb: model.status.value?.vramTotalGb ?? 0 };
  const shown = filterModels(models, filter.value).map((one) => ({
    model: one,
    look: modelLook(one, { ...facts, verdict: model.verdicts.value.get(one.id) }),
  }));
  return (
    <Panel label={MODELS.catalogue} stale={!isLive(model.link.value)}>
      <CatalogueHead filter={filter.value} set={set} many={models.length} />
      {shown.length === 0 && <Nothing many={models.length} onClear={() => set(NO_MODEL_FILTER)} />}
      {SECTIONS.map((section) => (
        <SectionRows
          key={section}
          section={section}
          shown={shown.filter(({ look }) => look.section === section)}
          onRemove={onRemove}
        />
      ))}
    </Panel>
  );
}

interface CatalogueHeadProps {
  readonly filter: ModelFilter;
  readonly set: (change: Partial<ModelFilter>) => void;
  readonly many: number;
}

const CatalogueHead = ({ filter, set, many }: CatalogueHeadProps) => (
  <div class="panel__head">
    <Search
      size="find"
      value={filter.search}
      onInput={(search) => set({ search })}
      placeholder={MODELS.search}
      label={MODELS.search}
    />
    <Segmented
      label={MODELS.kind}
      push
      icons
      value={filter.kind}
      onChange={(kind) => set({ kind })}
      choices={[
        { value: 'all', word: MODELS.all, many },
        ...TASK_KIND_IDS.map((kind) => ({ value: kind, word: kindName(kind), icon: kind })),
      ]}
    />
  </div>
);

interface SectionProps extends Pick<CatalogueProps, 'onRemove'> {
  readonly section: Section;
  readonly shown: readonly { readonly model: ApiModel; readonly look: ReturnType<typeof modelLook> }[];
}

function SectionRows({ section, shown, onRemove }: SectionProps) {
  if (shown.length === 0) return null;
  return (
    <>
      <h2 class="row__head line line--apart">
        <span>{MODELS.sections[section]}</span>
        <span>{MODELS.many(shown.length)}</span>
      </h2>
      <ul class="rows">
        {shown.map(({ model, look }) => (
          <ModelRow key={model.id} model={model} look={look} onRemove={() => onRemove(model)} />
        ))}
      </ul>
    </>
  );
}

/** No model at all asks for another step than a filter that hides them. */
function Nothing({ many, onClear }: { readonly many: number; readonly onClear: () => void }) {
  if (many === 0) return <Empty icon="models" title={MODELS.none.title} say={MODELS.none.say} />;
  return (
    <Empty
      icon="search"
      title={MODELS.empty.title}
      say={MODELS.empty.say(many)}
      actions={<Button onPress={onClear}>{MODELS.empty.clear}</Button>}
    />
  );
}
