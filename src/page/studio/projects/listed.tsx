import type { ComponentChildren } from 'preact';
import { Button } from '../../kit/button.tsx';
import { Failure } from '../../kit/message.tsx';
import { Panel } from '../../kit/panel.tsx';
import { PROJECTS } from '../../words/studio/projects.ts';
import type { Listed } from '../outcome.ts';
import { usePage } from '../page-context.ts';
import { sectionOf } from './model.ts';

interface ListPanelProps<Item> {
  readonly title: string;
  readonly list: Listed<Item>;
  /** What stands there where the list is empty. */
  readonly none: ComponentChildren;
  readonly aside?: ComponentChildren;
  readonly row: (item: Item) => ComponentChildren;
  /** Below the rows. */
  readonly foot?: ComponentChildren;
}

/** A list with a title; while it is not there, what is the matter with it. */
export function ListPanel<Item>({ title, list, none, aside, row, foot }: ListPanelProps<Item>) {
  const { link } = usePage().model;
  return (
    <Panel title={title} aside={aside} stale={list.is === 'read' && link.value.is !== 'live'}>
      {list.is === 'reading' && <p class="panel__body note">{PROJECTS.reading}</p>}
      {list.is === 'failed' && <NotRead because={list.because} />}
      {list.is === 'read' && list.items.length === 0 && none}
      {list.is === 'read' && list.items.length > 0 && <ul class="rows">{list.items.map(row)}</ul>}
      {list.is === 'read' && foot}
    </Panel>
  );
}

function NotRead({ because }: { readonly because: string }) {
  const { model, actions } = usePage();
  const again = (
    <Button icon="retry" onPress={() => actions.readSection(sectionOf(model.route.value.at))}>
      {PROJECTS.readAgain}
    </Button>
  );
  return <Failure what={PROJECTS.notRead(because)} actions={again} />;
}
