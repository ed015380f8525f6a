import { flag, type KeySpec } from './key-types.ts';

/** Keys for the icon in the tray and what it shows, which `studio-worker ui` goes by. */
export const DESKTOP_KEYS = {
  icon_at_login: {
    group: 'background',
    name: 'Icon at a login',
    type: flag,
    applies: 'live',
    sentence:
      'Whether the icon starts in the tray at a login. Unset until `studio-worker setup` or `studio-worker ui --login` sets it.',
  },
  start_minimised: {
    group: 'background',
    name: 'Start in the tray',
    type: flag,
    default: true,
    applies: 'live',
    sentence: 'Whether the icon that starts at a login opens no window.',
  },
  notify_on_completion: {
    group: 'notifications',
    name: 'When a job completes',
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether the desktop shows a notification when a job completes, while `studio-worker ui` runs.',
  },
  notify_on_failure: {
    group: 'notifications',
    name: 'When a job fails',
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether the desktop shows a notification when a job fails, while `studio-worker ui` runs.',
  },
} as const satisfies Record<string, KeySpec>;
