import { commandOf } from '../kit/keys/keyboard.ts';
import { clearSearch, focusSearch } from '../kit/keys/search.ts';
import type { StudioPage } from './model.ts';
import { TABS } from './route.ts';

/** Does what a key asks for, and keeps the browser from doing something else with it. */
export function onKey(event: KeyboardEvent, page: StudioPage): void {
  const command = event.defaultPrevented ? undefined : commandOf(event, TABS);
  if (command === undefined) return;
  switch (command.is) {
    case 'go':
      page.actions.go({ tab: command.tab });
      break;
    case 'search':
      if (!focusSearch()) return; // this page has none: the browser's own is better than nothing
      break;
    case 'save':
    case 'submit':
      document.querySelector<HTMLButtonElement>('[data-save]')?.click();
      break;
    case 'back':
      if (!goBack(page)) return;
      break;
    case 'toggle-pause':
      return; // a studio has no pause
    default:
      command satisfies never;
  }
  event.preventDefault();
}

/** Closes what is open on the page, else clears the search. */
function goBack({ model, actions }: StudioPage): boolean {
  const { tab, at } = model.route.value;
  if (at === undefined) return clearSearch();
  actions.go({ tab });
  return true;
}
