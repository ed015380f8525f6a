import { useSignal } from '@preact/signals';
import type { ModelView } from '../../../contract/operator/views.ts';
import { canTake } from '../../../contract/capabilities.ts';
import { gib } from '../../format.ts';
import { Badge } from '../../kit/badge.tsx';
import { Button } from '../../kit/button.tsx';
import { Search } from '../../kit/field.tsx';
import { Icon } from '../../kit/icons/icons.tsx';
import { Empty } from '../../kit/message.tsx';
import { Page } from '../../kit/panel.tsx';
import { MODELS } from '../../words/studio/models.ts';
import { STUDIO } from '../../words/studio/shell.ts';
import { usePage } from '../page-context.ts';
import { hrefOf } from '../route.ts';
import { StaleBanner } from '../shell.tsx';
import { filterModels } from './draft.ts';
import { EditorPane } from './editor.tsx';

/** No model has a name with a space, so this one is free. */
const NEW_MODEL = ' new';

/** What is offered: the models that jobs may name. */
export function ModelsPage() {
  const { model, actions } = usePage();
  const { at } = model.route.value;
  const models = model.models.value;
  const isStale = model.link.value.is === 'lost' || model.link.value.is === 'signed-out';
  return (
    <Page
      title={STUDIO.pages.models}
      fill
      lead={isStale}
      head={
        <>
          {models !== undefined && <span class="note">{MODELS.many(models.length)}</span>}
          <div class="push">
            <Button look="primary" icon="plus" onPress={() => actions.go({ tab: 'models', at: NEW_MODEL })}>
              {MODELS.add}
            </Button>
          </div>
        </>
      }
    >
      <StaleBanner />
      <div class="split split--studio" data-view={at === undefined ? 'list' : 'detail'}>
        {models !== undefined && <Registry models={models} openId={at} />}
        {models !== undefined && (
          <EditorPane key={at} isNew={at === NEW_MODEL} id={at} model={models.find(({ id }) => id === at)} />
        )}
      </div>
    </Page>
  );
}

interface RegistryProps {
  readonly models: readonly ModelView[];
  readonly openId: string | undefined;
}

function Registry({ models, openId }: RegistryProps) {
  const search = useSignal('');
  const shown = filterModels(models, search.value);
  return (
    <section class="panel panel--pane split__list" aria-label={MODELS.registry}>
      <div class="panel__head">
        <Search
          size="grow"
          value={search.value}
          onInput={(text) => void (search.value = text)}
          placeholder={MODELS.search}
          label={MODELS.search}
        />
      </div>
      <div class="panel__scroll" tabIndex={0} role="region" aria-label={MODELS.registry}>
        {models.length === 0 && <Empty icon="models" title={MODELS.empty.title} say={MODELS.empty.say} />}
        {models.length > 0 && shown.length === 0 && (
          <Empty icon="search" title={MODELS.nothing.title} say={MODELS.nothing.say(models.length)} />
        )}
        {shown.length > 0 && <Table models={shown} openId={openId} />}
      </div>
    </section>
  );
}

const Table = ({ models, openId }: RegistryProps) => (
  <div class="table-wrap">
    <table class="table table--hover">
      <thead>
        <tr>
          <th>{MODELS.columns.model}</th>
          <th class="num">{MODELS.columns.memory}</th>
          <th data-col="low">{MODELS.columns.engine}</th>
          <th class="num" data-col="low">
            {MODELS.columns.workers}
          </th>
        </tr>
      </thead>
      <tbody>
        {models.map((model) => (
          <Row key={model.id} model={model} isOpen={model.id === openId} />
        ))}
      </tbody>
    </table>
  </div>
);

function Row({ model, isOpen }: { readonly model: ModelView; readonly isOpen: boolean }) {
  const workers = usePage().model.workers.value ?? [];
  const { id, kind, displayName, vramGbEstimate, source } = model;
  const needs = { kind, engine: source.engine, vramGb: vramGbEstimate };
  const many = workers.filter(({ capabilities }) => canTake(capabilities, needs)).length;
  return (
    <tr aria-current={isOpen ? true : undefined}>
      <th scope="row">
        <div class="line line--nowrap">
          <Icon name={kind} />
          <div class="grow">
            <a class="plain" href={hrefOf({ tab: 'models', at: id })}>
              {displayName ?? id}
            </a>
            <p class="note mono clip1">{id}</p>
          </div>
        </div>
      </th>
      <td class="num">{vramGbEstimate > 0 ? gib(vramGbEstimate) : <span class="t3">{MODELS.none}</span>}</td>
      <td data-col="low">{source.engine}</td>
      <td class="num" data-col="low">
        {many > 0 ? (
          many
        ) : (
          <Badge plain tone="busy" icon="warn">
            {MODELS.none}
          </Badge>
        )}
      </td>
    </tr>
  );
}
