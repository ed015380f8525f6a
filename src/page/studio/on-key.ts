import { commandOf } from '../kit/keyboard.ts';
import type { StudioPage } from './model.ts';
import { TABS } from './route.ts';

/** Does what a key asks for, and keeps the browser from doing something else with it. */
export function onKey(event: KeyboardEvent, { model, actions }: StudioPage): void {
  const command = event.defaultPrevented ? undefined : commandOf(event, TABS);
  if (command === undefined) return;
  switch (command.is) {
    case 'go':
      actions.go({ tab: command.tab });
      break;
    case 'search':
      if (!focusSearch()) return; // this page has none: the browser's own is better than nothing
      break;
    case 'save':
    case 'submit':
      document.querySelector<HTMLButtonElement>('[data-save]')?.click();
      break;
    case 'back':
      if (model.route.value.at === undefined) return;
      actions.go({ tab: model.route.value.tab });
      break;
    case 'toggle-pause':
      return; // a studio has no pause
    default:
      command satisfies never;
  }
  event.preventDefault();
}

function focusSearch(): boolean {
  const field = document.querySelector<HTMLInputElement>('[data-search]');
  field?.focus();
  field?.select();
  return field !== null;
}
