import { commandOf } from '../kit/keys/keyboard.ts';
import { clearSearch, focusSearch } from '../kit/keys/search.ts';
import type { WorkerPage } from './model.ts';
import { TABS } from './route.ts';

/** Does what a key asks for, and keeps the browser from doing something else with it. */
export function onKey(event: KeyboardEvent, page: WorkerPage): void {
  const command = event.defaultPrevented ? undefined : commandOf(event, TABS);
  if (command === undefined) return;
  switch (command.is) {
    case 'go':
      page.actions.go({ tab: command.tab });
      break;
    case 'toggle-pause':
      void (page.model.status.value?.paused === true ? page.actions.resume() : page.actions.pause());
      break;
    case 'search':
      if (!focusSearch()) return; // this page has none: the browser's own is better than nothing
      break;
    case 'save':
      document.querySelector<HTMLButtonElement>('[data-save]')?.click();
      break;
    case 'submit':
      return; // no page of a worker has a form that is sent so
    case 'back':
      if (!goBack(page)) return;
      break;
    default:
      command satisfies never;
  }
  event.preventDefault();
}

/** Closes what is open on the page, else clears the search. */
function goBack({ model, actions }: WorkerPage): boolean {
  const { tab, at } = model.route.value;
  if (at !== undefined) {
    actions.go({ tab });
    return true;
  }
  return clearSearch();
}
