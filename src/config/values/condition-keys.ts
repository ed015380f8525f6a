import { flag, type KeySpec, texts } from '../key-types.ts';

/** What the operator ties jobs to, beside the hours of the week: a table, which stands behind all keys. */
export const CONDITION_KEYS = {
  only_when_idle: {
    group: 'background',
    name: 'Only while nobody uses the machine',
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether to take jobs only after two minutes without keyboard or mouse input on this machine.',
  },
  pause_on_battery: {
    group: 'background',
    name: 'Not on battery',
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether to take no jobs while this machine runs on battery.',
  },
  pause_when_full_screen: {
    group: 'background',
    name: 'Not beside a full-screen program',
    type: flag,
    default: false,
    applies: 'live',
    sentence: 'Whether to take no jobs while the program in front is full-screen, such as a game or a film.',
  },
  pause_for_programs: {
    group: 'background',
    name: 'Not beside these programs',
    type: texts,
    applies: 'live',
    sentence: 'Take no jobs while any of these programs runs; by file name, such as `["blender", "game.exe"]`.',
  },
} as const satisfies Record<string, KeySpec>;
